//! Which characters act on a screen or on a reader, instead of being read. One list for every room that shows text.

/// Whether a character must never reach a screen or a page as itself: a control character (C0, DEL, C1), a line or
/// paragraph separator, a bidirectional control, one that is invisible and changes what a reader takes the text for (a soft
/// hyphen, a filler, a tag, a selector that carries data), or one that is none (XML refuses two of those).
///
/// Joiners (U+200C, U+200D) and the sixteen common variation selectors stay: Persian, Hindi and emoji are written with them.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fdd0}'..='\u{fdef}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::is_hostile;

    #[test]
    fn what_acts_is_hostile_and_what_is_read_is_not() {
        for c in
            ['\u{1b}', '\u{9b}', '\r', '\u{7f}', '\u{202e}', '\u{2066}', '\u{200b}', '\u{ad}', '\u{e0041}', '\u{ffff}']
        {
            assert!(is_hostile(c), "{c:?}");
        }
        for c in ['a', ' ', 'é', '\u{200d}', '\u{200c}', '\u{fe0f}', '東', '✓', '🚀', '\u{a0}', '\u{301}'] {
            assert!(!is_hostile(c), "{c:?}");
        }
    }
}
