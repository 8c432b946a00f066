//! The lists of a Word document, and its styles: each list with numbers begins anew, which Word only knows of lists
//! that are declared one by one.

/// Word knows no deeper ones.
const DEEPEST: usize = 8;

#[derive(Debug, Default)]
pub(super) struct Lists {
    /// The lists that the text at hand stands in, by number.
    open: Vec<usize>,
    /// First numbers and depths of all lists; `None`: with dots.
    all: Vec<(Option<u64>, usize)>,
}

impl Lists {
    /// `first`: the number it begins with.
    pub fn begin(&mut self, first: Option<u64>) {
        self.all.push((first, self.open.len().min(DEEPEST)));
        self.open.push(self.all.len());
    }

    pub fn end(&mut self) {
        self.open.pop();
    }

    /// Whether the text at hand stands in a list with numbers.
    pub fn counts(&self) -> bool {
        let innermost = self.open.last().and_then(|list| self.all.get(list - 1));
        innermost.is_some_and(|(first, _)| first.is_some())
    }

    /// Where a paragraph stands: as an item, or below one.
    pub fn place(&self, item: bool) -> String {
        let Some(list) = self.open.last() else { return String::new() };
        let depth = (self.open.len() - 1).min(DEEPEST);
        if item {
            return format!("<w:numPr><w:ilvl w:val=\"{depth}\"/><w:numId w:val=\"{list}\"/></w:numPr>");
        }
        format!("<w:ind w:left=\"{}\"/>", 360 * (depth + 1))
    }

    pub fn xml(&self) -> String {
        let levels = |kind: &str, text: &dyn Fn(usize) -> String| {
            (0..=DEEPEST)
                .map(|level| {
                    format!(
                        "<w:lvl w:ilvl=\"{level}\"><w:start w:val=\"1\"/><w:numFmt w:val=\"{kind}\"/><w:lvlText \
                         w:val=\"{}\"/><w:lvlJc w:val=\"left\"/><w:pPr><w:ind w:left=\"{}\" w:hanging=\"360\"/></w:pPr>\
                         </w:lvl>",
                        text(level),
                        360 * (level + 1)
                    )
                })
                .collect::<String>()
        };
        let mut out = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n<w:numbering \
             xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:abstractNum \
             w:abstractNumId=\"0\"><w:multiLevelType w:val=\"hybridMultilevel\"/>{}</w:abstractNum><w:abstractNum \
             w:abstractNumId=\"1\"><w:multiLevelType w:val=\"hybridMultilevel\"/>{}</w:abstractNum>",
            levels("bullet", &|level| ["•", "◦", "▪"][level % 3].to_owned()),
            levels("decimal", &|level| format!("%{}.", level + 1))
        );
        for (number, (first, depth)) in (1..).zip(&self.all) {
            let kind = usize::from(first.is_some());
            // Word counts to there.
            let begins = first.map_or(1, |first| first.min(32_767));
            out.push_str(&format!(
                "<w:num w:numId=\"{number}\"><w:abstractNumId w:val=\"{kind}\"/><w:lvlOverride \
                 w:ilvl=\"{depth}\"><w:startOverride w:val=\"{begins}\"/></w:lvlOverride></w:num>"
            ));
        }
        out.push_str("</w:numbering>");
        out
    }
}

/// Latin and Chinese text have fonts that every Word has; without the second, Chinese falls back to a Japanese one.
pub(super) const STYLES: &str = r#"<?xml version="1.0" encoding="UTF-8" standalone="yes"?>
<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Microsoft YaHei" w:cs="Calibri"/><w:sz w:val="22"/><w:szCs w:val="22"/><w:lang w:val="en-US" w:eastAsia="zh-CN"/></w:rPr></w:rPrDefault><w:pPrDefault><w:pPr><w:spacing w:after="120" w:line="276" w:lineRule="auto"/></w:pPr></w:pPrDefault></w:docDefaults><w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style><w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/><w:rPr><w:b/><w:sz w:val="36"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Heading1"><w:name w:val="heading 1"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr><w:keepNext/><w:spacing w:before="360" w:after="120"/><w:outlineLvl w:val="0"/></w:pPr><w:rPr><w:b/><w:sz w:val="28"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Heading2"><w:name w:val="heading 2"/><w:basedOn w:val="Normal"/><w:next w:val="Normal"/><w:pPr><w:keepNext/><w:spacing w:before="200" w:after="80"/><w:outlineLvl w:val="1"/></w:pPr><w:rPr><w:b/><w:sz w:val="24"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Heading3"><w:name w:val="heading 3"/><w:basedOn w:val="Heading2"/><w:pPr><w:outlineLvl w:val="2"/></w:pPr></w:style><w:style w:type="paragraph" w:styleId="Heading4"><w:name w:val="heading 4"/><w:basedOn w:val="Heading2"/><w:pPr><w:outlineLvl w:val="3"/></w:pPr><w:rPr><w:sz w:val="22"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Heading5"><w:name w:val="heading 5"/><w:basedOn w:val="Heading4"/><w:pPr><w:outlineLvl w:val="4"/></w:pPr></w:style><w:style w:type="paragraph" w:styleId="Heading6"><w:name w:val="heading 6"/><w:basedOn w:val="Heading4"/><w:pPr><w:outlineLvl w:val="5"/></w:pPr></w:style><w:style w:type="paragraph" w:styleId="Code"><w:name w:val="Code"/><w:basedOn w:val="Normal"/><w:pPr><w:shd w:val="clear" w:color="auto" w:fill="F4F5F7"/><w:spacing w:after="120" w:line="240" w:lineRule="auto"/></w:pPr><w:rPr><w:rFonts w:ascii="Consolas" w:hAnsi="Consolas" w:eastAsia="Microsoft YaHei" w:cs="Consolas"/><w:noProof/><w:sz w:val="19"/></w:rPr></w:style><w:style w:type="character" w:styleId="CodeWord"><w:name w:val="Code Word"/><w:rPr><w:rFonts w:ascii="Consolas" w:hAnsi="Consolas" w:eastAsia="Microsoft YaHei" w:cs="Consolas"/><w:noProof/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Quote"><w:name w:val="Quote"/><w:basedOn w:val="Normal"/><w:pPr><w:pBdr><w:left w:val="single" w:sz="12" w:space="8" w:color="D0D4DA"/></w:pBdr><w:ind w:left="240"/></w:pPr><w:rPr><w:color w:val="40454E"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Rule"><w:name w:val="Rule"/><w:basedOn w:val="Normal"/><w:pPr><w:pBdr><w:bottom w:val="single" w:sz="6" w:space="1" w:color="D0D4DA"/></w:pBdr></w:pPr></w:style><w:style w:type="paragraph" w:styleId="Footnote"><w:name w:val="Made By"/><w:basedOn w:val="Normal"/><w:pPr><w:spacing w:before="480"/></w:pPr><w:rPr><w:color w:val="5B616B"/><w:sz w:val="18"/></w:rPr></w:style><w:style w:type="paragraph" w:styleId="Caption"><w:name w:val="caption"/><w:basedOn w:val="Normal"/><w:rPr><w:color w:val="5B616B"/><w:sz w:val="18"/></w:rPr></w:style><w:style w:type="table" w:styleId="Grid"><w:name w:val="Table Grid"/><w:pPr><w:spacing w:after="0"/></w:pPr><w:tblPr><w:tblBorders><w:top w:val="single" w:sz="4" w:space="0" w:color="D0D4DA"/><w:left w:val="single" w:sz="4" w:space="0" w:color="D0D4DA"/><w:bottom w:val="single" w:sz="4" w:space="0" w:color="D0D4DA"/><w:right w:val="single" w:sz="4" w:space="0" w:color="D0D4DA"/><w:insideH w:val="single" w:sz="4" w:space="0" w:color="D0D4DA"/><w:insideV w:val="single" w:sz="4" w:space="0" w:color="D0D4DA"/></w:tblBorders><w:tblCellMar><w:left w:w="108" w:type="dxa"/><w:right w:w="108" w:type="dxa"/></w:tblCellMar></w:tblPr></w:style></w:styles>"#;
