"""The bugs of how screens look: a theme that one cannot read, or that does not follow."""

from typing import Final

from tests.mutants.planting import Mutant

_SHEET = "console/static/console.css"
_ASSETS = ("tests/console/test_assets.py",)
_SUMMARY = ("tests/browser/test_summary.py",)

THEME: Final = (
    Mutant(
        "a colour of the dark theme cannot be read on its ground",
        _SHEET,
        "--rc-attention: #f0b27a;",
        "--rc-attention: #8a5a2c;",
        _ASSETS,
    ),
    Mutant(
        "a colour of the light theme is all there is",
        _SHEET,
        ".rc-rename, .rc-search { display: flex;",
        ".rc-rename, .rc-search { color: #2b3442; display: flex;",
        _ASSETS,
    ),
    Mutant(
        "a page is seen in light before it is dark",
        "console/templates/base.html",
        '<script src="/static/theme.js"></script>',
        '<script src="/static/theme.js" defer></script>',
        _ASSETS,
    ),
    Mutant(
        "an open page does not follow the device",
        "console/static/theme.js",
        '  dark.addEventListener("change", wear);\n',
        "",
        _SUMMARY,
    ),
    Mutant(
        "a page is dark only once the device changes",
        "console/static/theme.js",
        "  wear();\n",
        "",
        _SUMMARY,
    ),
    Mutant(
        "the dark theme is printed",
        _SHEET,
        "@media screen {\n  [data-bs-theme=dark] {",
        "@media all {\n  [data-bs-theme=dark] {",
        _SUMMARY,
    ),
    Mutant(
        "a button of the dark theme is white on pale",
        _SHEET,
        "    --tblr-primary-fg: #0d1b2e;\n",
        "",
        _SUMMARY,
    ),
    Mutant(
        "a sheet for the class is dark",
        "console/templates/summary_print.html",
        ' data-bs-theme="light"',
        "",
        _SUMMARY,
    ),
)
