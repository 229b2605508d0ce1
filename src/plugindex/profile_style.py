"""How the page of a profile looks."""

from __future__ import annotations

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #777; }
body { font: 15px/1.45 system-ui, sans-serif; }
body { max-width: 72rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.2rem; margin-top: 2.5rem; } h3 { font-size: 1rem; }
table { border-collapse: collapse; width: 100%; margin: .5rem 0 1.5rem; }
th, td { text-align: left; padding: .3rem .6rem; border-top: 1px solid var(--line); }
th, td { vertical-align: top; overflow-wrap: anywhere; }
thead .number { text-align: right; }
thead th { border: 0; color: var(--quiet); font-weight: normal; font-size: .85rem; }
tbody th { font-weight: 600; max-width: 18rem; }
td:nth-child(2) { width: 45%; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.bar { display: flex; height: 1rem; margin-top: .2rem; } .bar i { min-width: 2px; }
.own { background: #2563eb; } .application { background: #14b8a6; }
.third-party { background: #f59e0b; } .standard { background: #94a3b8; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.5rem; list-style: none; padding: 0; }
.legend i { display: inline-block; width: .8rem; height: .8rem; margin-right: .4rem; }
.note, .over { color: #c2410c; } .over { font: .85rem system-ui; white-space: nowrap; }
summary, details { color: var(--quiet); font-size: .85rem; } details ul { margin: .3rem 0; }
"""
