"""The style sheet of reports."""

from __future__ import annotations

from simengine.evaluate.report.palette import DARK, LIGHT, css_variables

__all__ = ["NARROW", "STYLE", "WIDE"]

WIDE, NARROW = 832.0, 342.0
"""Widths at which charts are drawn for desktops and for phones, px."""

STYLE = (
    ":root{color-scheme:light dark;" + css_variables(LIGHT) + "}"
    "@media (prefers-color-scheme:dark){:root{" + css_variables(DARK) + "}}"
    """
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;overflow-wrap:anywhere}
main{max-width:880px;margin:0 auto;padding:40px 24px 72px}
.kicker{margin:0 0 10px;color:var(--muted);font-size:.82rem;letter-spacing:.04em;text-transform:uppercase;font-weight:600}
h1{margin:0 0 14px;font-size:clamp(1.45rem,3.6vw,2.05rem);line-height:1.22;letter-spacing:-.015em;text-wrap:pretty;font-weight:680}
h1.good,h1.bad,h1.muted{color:var(--ink);border-left:5px solid var(--muted);border-radius:3px;padding-left:16px}
h1.good{border-color:var(--good)}h1.bad{border-color:var(--bad)}
h2{margin:52px 0 14px;font-size:1.28rem;letter-spacing:-.01em;line-height:1.3}
h3{margin:28px 0 4px;font-size:1rem}
p{margin:0 0 12px;max-width:68ch}
.lead{font-size:1.05rem;color:var(--muted)}
.muted{color:var(--muted)}.good{color:var(--good)}.bad{color:var(--bad)}
.facts{display:grid;grid-template-columns:repeat(auto-fit,minmax(148px,1fr));gap:12px;margin:26px 0 6px;padding:0}
.fact{background:var(--card);border-radius:12px;padding:14px 16px}
.fact dt{color:var(--muted);font-size:.84rem}
.fact dd{margin:2px 0 0}
.fact .value{font-size:1.4rem;font-weight:680;letter-spacing:-.02em;line-height:1.25;font-variant-numeric:tabular-nums}
.fact .note{color:var(--muted);font-size:.82rem;line-height:1.4}
nav{margin:22px 0 0;display:flex;flex-wrap:wrap;gap:6px 18px;font-size:.9rem}
a{color:var(--blue);text-decoration:none}a:hover{text-decoration:underline}
figure{margin:22px 0 26px}
figcaption{color:var(--muted);font-size:.88rem;max-width:72ch;margin-top:6px}
svg{display:block;max-width:100%;height:auto;font-family:inherit}
svg text.halo{paint-order:stroke;stroke:var(--page);stroke-width:4px;stroke-linejoin:round}
.narrow{display:none}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:18px 24px;margin:14px 0 6px}
table{border-collapse:collapse;width:100%;margin:10px 0 22px;font-size:.92rem;line-height:1.42}
th{text-align:left;color:var(--muted);font-weight:600;font-size:.82rem;padding:6px 10px;border-bottom:1px solid var(--line);vertical-align:bottom}
td{padding:10px;border-bottom:1px solid var(--line);vertical-align:top}
tr>:first-child{padding-left:0}tr>:last-child{padding-right:0}
td .note{display:block;color:var(--muted);font-size:.84rem;margin-top:2px}
td.name{font-weight:600;min-width:132px}td.name .note{font-weight:400;max-width:44ch}
.num{font-variant-numeric:tabular-nums}
th.num,td.num{text-align:right}
.chip{display:inline-block;padding:1px 9px;border-radius:99px;border:1px solid currentColor;font-size:.8rem;font-weight:600;white-space:nowrap}
.gallery{display:grid;grid-template-columns:repeat(auto-fill,minmax(250px,1fr));gap:18px}
.gallery.large{grid-template-columns:1fr}
.group{display:grid;grid-auto-flow:column;grid-auto-columns:1fr;gap:6px;align-items:start}
.group figure{margin:0}
.group img{display:block;width:100%;height:auto;border-radius:8px;background:var(--card)}
.group figcaption{font-size:.8rem;margin-top:3px}
.groupname{margin:0 0 4px;font-size:.86rem;color:var(--muted)}
pre{background:var(--card);border-radius:10px;padding:12px 14px;font:.84rem/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;white-space:pre-wrap;margin:8px 0 16px}
details{margin:14px 0;border-top:1px solid var(--line)}
details+details{margin-top:-14px}
summary{cursor:pointer;font-weight:600;padding:11px 0}
details[open]{padding-bottom:8px}
.key{display:inline-flex;gap:18px;flex-wrap:wrap;font-size:.88rem;color:var(--muted);margin:0 0 4px}
.key i{display:inline-block;width:14px;height:10px;border-radius:3px;margin-right:7px;vertical-align:baseline}
footer{margin-top:56px;color:var(--muted);font-size:.84rem}
@media (max-width:640px){
main{padding:26px 16px 56px}
h2{margin-top:42px}
.facts{grid-template-columns:1fr 1fr;gap:10px}
.fact{padding:12px 13px}.fact .value{font-size:1.28rem}
.wide{display:none}.narrow{display:block}
thead{display:none}
table,tbody,tr,td{display:block;width:100%}
tr{border-bottom:1px solid var(--line);padding:12px 0}
td,tr>:first-child,tr>:last-child{border:0;padding:2px 0}
td:not(.name){display:flex;justify-content:space-between;gap:14px;text-align:right}
td.num{text-align:right}
td:not(.name)::before{content:attr(data-title);color:var(--muted);font-size:.86rem;text-align:left;flex:none;max-width:45%}
td:not(.name):empty{display:none}
tr{position:relative}
td.verdict{position:absolute;top:10px;right:0;width:auto}
td.verdict::before{display:none}
tr.judged td.name{padding-right:96px}
tr.judged td.name .note{margin-right:-96px}
td.mark::before{content:"";display:none}
td.mark{display:block}
td.mark svg{width:200px;margin-top:4px}
td.num .note{display:inline;margin:0 0 0 7px}
td.name .note{max-width:none;margin-bottom:4px}
}
@media print{nav{display:none}details>*{display:block}}
"""
)
