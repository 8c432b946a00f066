//! A form that cannot be run yet.

use crate::flowdeck::Flowdeck;
/// The sentence below the field.
const ERROR: &str = "[data-field=\"name\"] [data-testid=\"field-error\"]";

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs a desk: cargo xtask test --only e2e"]
async fn a_required_field_left_empty_says_so_and_gets_the_keyboard() {
    let mut flowdeck = Flowdeck::start("required-field").await;
    let page = flowdeck.page();
    page.click("try-demo").await;
    page.click("app-item-Every control").await;
    page.click("run").await;

    page.has_keyboard("field-name").await;
    flowdeck.picture("refused").await;
    page.find("[data-testid=\"field-name\"][aria-invalid=\"true\"]").await;
    page.text_at(ERROR, "say what is wrong", |text| !text.is_empty()).await;
    assert!(!page.sees("status").await, "nothing was run");

    page.fill("field-name", "Quarterly report").await;
    page.gone(ERROR).await;
    flowdeck.picture("corrected").await;
}
