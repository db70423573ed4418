//! Texts that have done harm somewhere: to terminals, to readers of a page, of Markdown, of XML.

/// What a program, a person or a service may write.
pub(super) const HOSTILE: &[&str] = &[
    // Terminals: clear, move, hide, recolour, title, hyperlink, clipboard, device queries, C1 forms.
    "\u{1b}[2J\u{1b}[H",
    "\u{1b}[1A\u{1b}[2K",
    "\u{1b}[8mhidden\u{1b}[0m",
    "\u{1b}[31;1mred",
    "\u{1b}]0;another title\u{7}",
    "\u{1b}]8;;https://evil.example/\u{1b}\\click\u{1b}]8;;\u{1b}\\",
    "\u{1b}]52;c;ZWNobyBoaQ==\u{7}",
    "\u{1b}P+q544e\u{1b}\\",
    "\u{1b}[6n\u{1b}[c\u{1b}Z",
    "\u{1b}[?1049h\u{1b}[?25l",
    "\u{1b}#8\u{1b}c",
    "\u{1b}_G\u{1b}\\\u{1b}^x\u{1b}\\",
    "\u{9b}2J\u{9d}0;x\u{9c}\u{90}\u{98}\u{9e}\u{9f}",
    "\u{85}next\u{84}",
    "\r$ everything is fine          ",
    "\u{8}\u{8}\u{8}\u{8}passed",
    "\u{0}\u{1}\u{2}\u{3}\u{4}\u{5}\u{6}\u{b}\u{c}\u{e}\u{f}\u{10}\u{1a}\u{1c}\u{1f}\u{7f}",
    "line\none\r\nand\ttwo",
    "\u{1b}",
    "\u{1b}[",
    // Reading order and letters that nobody sees.
    "\u{202e}gpj.exe",
    "\u{202d}\u{202a}\u{202b}\u{202c}",
    "\u{2066}\u{2067}\u{2068}\u{2069}",
    "\u{200e}\u{200f}\u{61c}",
    "pass\u{200b}ed\u{2060}\u{feff}",
    "so\u{ad}ft\u{34f}",
    "\u{3164}\u{ffa0}\u{115f}\u{1160}",
    "\u{180e}\u{17b4}\u{206a}\u{206f}",
    "\u{2028}line\u{2029}paragraph",
    "\u{e0041}\u{e0042}\u{e007f}",
    "\u{e0100}\u{e01ef}",
    "\u{fff9}a\u{fffa}b\u{fffb}",
    "\u{fffe}\u{ffff}\u{1fffe}\u{10ffff}\u{fdd0}",
    "\u{1d173}\u{1bca0}",
    // HTML.
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "</style><script>alert(1)</script>",
    "</textarea></pre></details><script src=//evil.example/x.js></script>",
    "<img src=x onerror=alert(1)>",
    "\"><svg onload=alert(1)>",
    "' onmouseover='alert(1)",
    "\" autofocus onfocus=\"alert(1)",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "<iframe src=https://evil.example></iframe>",
    "<meta http-equiv=refresh content=\"0;url=https://evil.example\">",
    "<base href=https://evil.example/><link rel=stylesheet href=//evil.example/x.css>",
    "<form action=https://evil.example><button>ok</button></form>",
    "<!-- --><!--[if IE]><script>alert(1)</script><![endif]-->",
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "&lt;script&gt;&#60;script&#62;&amp;lt;",
    "{{ 7 * 7 }}{% raw %}${7*7}<%= 7 %>",
    "</text><foreignObject><body onload=alert(1)>",
    // Markdown.
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "[x]: https://evil.example \"t\"",
    "<https://evil.example>",
    "https://evil.example/a www.evil.example evil@example.com",
    "**strong** _em_ ~~gone~~ `code` $x^2$",
    "```\n# not a heading\n```",
    "~~~~~~~~\nopen",
    "\n\n# Passed\n\n- [x] all is well",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "\n===\n---\n***",
    "\n    indented code\n> quote\n1. one",
    "\\[escaped\\](https://evil.example) \\<b\\> \\` \\\\",
    "@everyone #1 GH-1 :tada: [^1]\n[^1]: note",
    "<details><summary>x</summary>\n\n![x](//evil.example)\n</details>",
    "`` ` ``` ```` `",
    "$$\\href{javascript:alert(1)}{x}$$",
    // XML.
    "]]><!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]>&e;",
    "<![CDATA[ ]]> <?xml version=\"1.0\"?>",
    "\" message=\"passed\" x=\"",
    "</failure></testcase><testcase name=\"all is well\"/>",
    "&undefined; &#0; &#xFFFF; &",
    // Pipelines.
    "\n::set-output name=x::y\n::error::z",
    "##vso[task.setvariable variable=x]y",
    "##teamcity[testFailed name='x']",
];

/// Whether a character must not stand in any report as itself: written down again here, by no code of checkride, from the
/// Unicode Character Database (`Cc`, `Bidi_Control`, `Default_Ignorable_Code_Point` but joiners and common selectors,
/// `Noncharacter_Code_Point`, separators of lines and paragraphs).
pub(super) fn acts(c: char) -> bool {
    let code = u32::from(c);
    let control = code < 0x20 && c != '\n' || (0x7f..0xa0).contains(&code);
    let bidi = matches!(code, 0x61c | 0x200e | 0x200f | 0x202a..=0x202e | 0x2066..=0x2069);
    let ignorable = matches!(code, 0xad | 0x34f | 0x115f | 0x1160 | 0x17b4 | 0x17b5 | 0x180b..=0x180f | 0x200b
        | 0x2060..=0x206f | 0x3164 | 0xfeff | 0xffa0 | 0xfff0..=0xfffb | 0x1bca0..=0x1bca3 | 0x1d173..=0x1d17a
        | 0xe0000..=0xe0fff);
    let none = (0xfdd0..=0xfdef).contains(&code) || code & 0xfffe == 0xfffe;
    control || bidi || ignorable || none || matches!(code, 0x2028 | 0x2029)
}
