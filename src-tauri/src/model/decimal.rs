//! Sums of decimal numbers as servers write them, exactly: prices of a fraction of a cent lose nothing when thousands of
//! them are added up.

/// More digits after the point than any price has; what is longer is no price.
const MOST_PLACES: u32 = 24;

/// A decimal number.
#[derive(Debug, Clone, Copy, Default)]
pub struct Decimal {
    /// The number times ten to the power of `places`.
    units: i128,
    places: u32,
}

impl Decimal {
    /// Reads `12.5`, `-0.000042` and `1.2E-7`; `None`: not a number, or more digits than this holds.
    pub fn read(text: &str) -> Option<Self> {
        let text = text.trim();
        let (number, power) = match text.split_once(['e', 'E']) {
            Some((number, power)) => (number, power.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let (negative, whole) = match whole.strip_prefix('-') {
            Some(whole) => (true, whole),
            None => (false, whole.strip_prefix('+').unwrap_or(whole)),
        };
        let digits: String = [whole, fraction].concat();
        if digits.is_empty() || digits.len() > 36 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let mut units: i128 = digits.parse().ok()?;
        let mut places = i32::try_from(fraction.len()).ok()?.checked_sub(power)?;
        while places > 0 && units % 10 == 0 {
            (units, places) = (units / 10, if units == 0 { 0 } else { places - 1 });
        }
        if places < 0 {
            units = units.checked_mul(10_i128.checked_pow(places.unsigned_abs())?)?;
            places = 0;
        }
        let places = u32::try_from(places).ok().filter(|places| *places <= MOST_PLACES)?;
        Some(Self { units: if negative { -units } else { units }, places })
    }

    /// `None`: more than this holds.
    pub fn plus(self, other: Self) -> Option<Self> {
        let places = self.places.max(other.places);
        let at = |number: Self| number.units.checked_mul(10_i128.checked_pow(places - number.places)?);
        Some(Self { units: at(self)?.checked_add(at(other)?)?, places })
    }

    pub fn is_positive(self) -> bool {
        self.units > 0
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let places = self.places as usize;
        let digits = format!("{:0>width$}", self.units.unsigned_abs(), width = places + 1);
        let (whole, fraction) = digits.split_at(digits.len() - places);
        let fraction = fraction.trim_end_matches('0');
        let sign = if self.units < 0 { "-" } else { "" };
        if fraction.is_empty() { write!(out, "{sign}{whole}") } else { write!(out, "{sign}{whole}.{fraction}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prices_are_added_up_to_the_last_digit() {
        let sum = |prices: &[&str]| {
            let add = |sum: Decimal, price: &&str| sum.plus(Decimal::read(price).expect("a number")).expect("it fits");
            prices.iter().fold(Decimal::default(), add).to_string()
        };
        assert_eq!(sum(&["0.1", "0.2"]), "0.3", "which floats do not know");
        assert_eq!(sum(&["0.0000420", "1.2E-7", "3"]), "3.00004212");
        assert_eq!(sum(&["0E-7", "-0.5", "0.5"]), "0");
        assert_eq!(sum(&["1e3", "-0.25"]), "999.75");
        let many = vec!["0.0000001"; 30_000];
        assert_eq!(sum(&many), "0.003");
    }

    #[test]
    fn what_is_no_number_is_none() {
        for text in ["", ".", "free", "1,5", "NaN", "1e999", "0.1.2", "٣", "1e-60", &"9".repeat(50)] {
            assert!(Decimal::read(text).is_none(), "{text}");
        }
    }
}
