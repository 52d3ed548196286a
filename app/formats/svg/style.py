"""What pictures have in common: their width, and colours that follow `prefers-color-scheme`."""

from typing import Final

WIDTH: Final = 1200
MARGIN: Final = 24

STYLE: Final = """
svg{--paper:#fff;--ink:#1c2127;--faint:#646c75;--line:#e3e6ea;--bar:#2b6a99}
@media (prefers-color-scheme:dark){svg{--paper:#15191e;--ink:#e8ebee;--faint:#9aa3ad;--line:#2a3038;--bar:#6fb1de}}
text{font:12.5px system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif;fill:var(--ink)}
.head{font-size:19px;font-weight:600}.faint,.tick{fill:var(--faint)}.tick{font-size:11.5px}
.paper{fill:var(--paper)}.grid{stroke:var(--line)}
.certain{fill:var(--bar)}.possible{fill:var(--bar);fill-opacity:.22;stroke:var(--bar);stroke-dasharray:3 2}
.hollow{fill:var(--paper);stroke:var(--bar);stroke-width:1.6;stroke-dasharray:3 1.6}
.in{fill:url(#in)}.out{fill:url(#out)}.full{stop-color:var(--bar)}.none{stop-color:var(--bar);stop-opacity:.06}
a:hover text,a:focus text{text-decoration:underline}
"""
