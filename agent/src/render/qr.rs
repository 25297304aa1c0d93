//! A QR code of half blocks, readable on light and dark terminals.

use qrcodegen::{QrCode, QrCodeEcc};

/// The quiet zone that readers expect, in modules.
const MARGIN: i32 = 2;

/// The code, each line with its end, or `None` when the text is too long for one.
pub fn render(text: &str) -> Option<String> {
    let code = QrCode::encode_text(text, QrCodeEcc::Low).ok()?;
    // Readers want dark on light: on a dark terminal the blocks are the light part.
    let light = |x, y| !code.get_module(x, y);
    let end = code.size() + MARGIN;
    let mut lines = String::new();
    let mut y = -MARGIN;
    while y < end {
        for x in -MARGIN..end {
            lines.push(match (light(x, y), y + 1 < end && light(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        lines.push('\n');
        y += 2;
    }
    Some(lines)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_square_and_has_its_margin() {
        let code = render("https://relay.example/i#abc").unwrap();
        let lines: Vec<_> = code.lines().collect();
        let width = lines[0].chars().count();
        assert_eq!(lines.len(), width.div_ceil(2));
        assert!(lines[0].chars().all(|c| c == '█'));
        assert!(render(&"x".repeat(5000)).is_none());
    }
}
