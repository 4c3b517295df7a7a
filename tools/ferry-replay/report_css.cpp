#include "tools/ferry-replay/report_document.h"

namespace ferry::report {

std::string_view report_css() {
  return R"css(
:root{color-scheme:light dark;--paper:#fbfaf7;--ink:#1d2429;--soft:#5a666e;--line:#dcd9d0;--card:#fff;--accent:#0b6b63;
--s0:#2a8f84;--s1:#5b7fb8;--s2:#e0a030;--s3:#c8553d;--s4:#8a8f98}
@media (prefers-color-scheme:dark){:root{--paper:#15191c;--ink:#e6e8e6;--soft:#a0aab0;--line:#333b40;--card:#1d2327;
--accent:#5cc8bc;--s0:#3fb0a3;--s1:#7f9fd6;--s2:#e3b04e;--s3:#e07a62;--s4:#858d96}}
*{box-sizing:border-box}
html{scroll-behavior:smooth}
body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.55 system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
.page{max-width:70rem;margin:0 auto;padding:0 1.25rem 4rem}
header.page{padding:2.5rem 1.25rem 1rem}
h1{font-size:2rem;line-height:1.2;margin:0 0 .4rem;letter-spacing:-.01em}
h2{font-size:1.4rem;margin:0 0 .6rem;padding-top:.4rem}
h3{font-size:1.02rem;margin:1.6rem 0 .3rem}
p{margin:.4rem 0;max-width:48rem}
header p,.note,figcaption{color:var(--soft)}
a{color:var(--accent)}
a:focus-visible,[tabindex]:focus-visible,summary:focus-visible{outline:3px solid var(--accent);outline-offset:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:1rem;background:var(--card);padding:.5rem 1rem}
nav{position:sticky;top:0;z-index:2;background:var(--paper);border-bottom:1px solid var(--line)}
nav ul{display:flex;flex-wrap:wrap;gap:.1rem 1.1rem;list-style:none;max-width:70rem;margin:0 auto;padding:.55rem 1.25rem}
nav a{text-decoration:none;font-size:.92rem}nav a:hover{text-decoration:underline}
section{border-top:1px solid var(--line);margin-top:2.2rem;padding-top:1.1rem;scroll-margin-top:3.2rem}
section:first-of-type{border-top:0;margin-top:0}
dl.facts{display:grid;grid-template-columns:repeat(auto-fill,minmax(11.5rem,1fr));gap:.8rem;margin:1rem 0}
dl.facts div{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.7rem .9rem}
dl.facts dt{color:var(--soft);font-size:.85rem;line-height:1.3}
dl.facts dd{margin:.15rem 0 0;font-size:1.4rem;font-weight:600;line-height:1.25;overflow-wrap:anywhere}
dl.facts dd.small{font-size:.82rem;font-weight:400;color:var(--soft);line-height:1.35}
.scroll{overflow:auto;max-height:34rem;width:fit-content;max-width:100%;border:1px solid var(--line);border-radius:.6rem;background:var(--card);margin:.5rem 0}
table{border-collapse:collapse;font-size:.9rem}
caption{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
th,td{padding:.42rem .8rem;text-align:left;vertical-align:top;border-bottom:1px solid var(--line)}
thead th{position:sticky;top:0;background:var(--card);font-size:.82rem;color:var(--soft);font-weight:600;box-shadow:0 1px 0 var(--line)}
tbody th{font-weight:500}
tbody tr:last-child>*{border-bottom:0}
tr:target>*{background:color-mix(in srgb,var(--s2) 22%,transparent)}
.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
td.n,thead th.n{padding-left:.4rem}
code,pre,td.c{font-family:ui-monospace,"DejaVu Sans Mono",Menlo,Consolas,monospace;font-size:.82rem}
td.c{overflow-wrap:anywhere;min-width:16rem;white-space:pre-wrap}
pre{background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:.9rem 1.1rem;overflow:auto;line-height:1.45}
figure{margin:.6rem 0 .9rem;background:var(--card);border:1px solid var(--line);border-radius:.6rem;padding:1rem 1.1rem .6rem}
figcaption{font-size:.85rem;margin-top:.3rem}
svg{display:block;width:100%;height:auto;font:13px system-ui,-apple-system,"Segoe UI",Roboto,sans-serif}
svg text{fill:var(--ink)}svg .label{text-anchor:end}svg .tick{text-anchor:middle;fill:var(--soft);font-size:12px}
svg .number{fill:var(--soft);font-size:12px}svg .grid{stroke:var(--line)}
.s0{fill:var(--s0)}.s1{fill:var(--s1)}.s2{fill:var(--s2)}.s3{fill:var(--s3)}.s4{fill:var(--s4)}
@media (max-width:40rem){h1{font-size:1.5rem}th,td{padding:.35rem .5rem}svg{min-width:36rem}figure{overflow-x:auto}}
@media (prefers-reduced-motion:reduce){html{scroll-behavior:auto}}
@media print{:root{color-scheme:light;--paper:#fff;--ink:#000;--soft:#444;--line:#bbb;--card:#fff;--accent:#000;
--s0:#2a8f84;--s1:#5b7fb8;--s2:#e0a030;--s3:#c8553d;--s4:#8a8f98}
nav,.skip{display:none}.scroll{max-height:none;overflow:visible;border:0}thead th{position:static}body{font-size:10pt}
section{break-inside:auto}figure,tr{break-inside:avoid}h2,h3{break-after:avoid}a{text-decoration:none}
svg rect,svg line{print-color-adjust:exact;-webkit-print-color-adjust:exact}}
)css";
}

}  // namespace ferry::report
