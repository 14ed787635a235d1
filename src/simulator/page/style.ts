/** The page's only style sheet. Colours can be told apart by those who see few of them (after Okabe and Ito). */
export const pageStyle = `
:root{color-scheme:light dark;--page:#fbfbfa;--card:#fff;--ink:#1b1d21;--quiet:#5f6673;--line:#e3e4e8;--grid:#ecedf0;
--before:#8b93a1;--after:#0067b8;--good:#007a5a;--bad:#b8430a;--band:#e69f00;
--t0:#0072b2;--t1:#e69f00;--t2:#009e73;--t3:#cc79a7;--t4:#56b4e9;--t5:#a89b00;--t6:#7d6bb5;--t7:#9aa0aa;--failed:#c8470a;--halo:#fff}
@media (prefers-color-scheme:dark){:root{--page:#121417;--card:#1a1d22;--ink:#e8eaee;--quiet:#9aa3b2;--line:#2c313a;--grid:#262a32;
--before:#8d96a6;--after:#5ab0f5;--good:#3cc59b;--bad:#ff8f57;--band:#f0b429;
--t0:#3d9be0;--t1:#e9ab2b;--t2:#2fb98f;--t3:#d992b9;--t4:#7cc8f2;--t5:#c9bd3a;--t6:#a494dc;--t7:#7b8290;--failed:#f27d45;--halo:#1a1d22}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;overflow-wrap:break-word;background:var(--page);color:var(--ink);font:16px/1.5 ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue","Noto Sans",Arial,sans-serif;font-variant-numeric:tabular-nums}
main{max-width:1120px;margin:0 auto;padding:40px 24px 72px}
h1{font-size:clamp(1.6rem,1.1rem + 2.2vw,2.5rem);line-height:1.18;letter-spacing:-.018em;font-weight:680;margin:.5rem 0 .9rem;max-width:26em;text-wrap:balance;overflow-wrap:anywhere}
h2{font-size:1.28rem;line-height:1.3;letter-spacing:-.01em;font-weight:650;margin:56px 0 4px}
h3{font-size:.95rem;font-weight:620;margin:0 0 2px;overflow-wrap:anywhere}
p{margin:.3rem 0 .8rem;max-width:68ch}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em}
h1 code,h2 code{font-family:inherit;font-size:1em}
.kicker{color:var(--quiet);font-size:.9rem;margin:0;overflow-wrap:anywhere}
.lede,.note{color:var(--quiet)}.lede{overflow-wrap:anywhere}.note{font-size:.88rem}
.card{background:var(--card);border:1px solid var(--line);border-radius:12px;padding:18px 20px;min-width:0}
.grid>:last-child:nth-child(odd):not(:first-child){grid-column:1/-1}
.grid{display:grid;gap:16px;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));margin-top:16px}
.grid.stack{grid-template-columns:minmax(0,1fr)}
.tiles{display:grid;gap:16px;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));margin:26px 0 0;padding:0;list-style:none}
.tiles .label{color:var(--quiet);font-size:.88rem}
.tiles .big{display:block;font-size:1.95rem;line-height:1.2;font-weight:660;letter-spacing:-.02em;margin:2px 0 4px}
.tiles .was{display:block;color:var(--quiet);font-size:.86rem}
.move{font-weight:600;font-size:.92rem;display:block}.good{color:var(--good)}.bad{color:var(--bad)}.even{color:var(--quiet)}
.legend{display:flex;flex-wrap:wrap;gap:4px 18px;margin:2px 0 10px;padding:0;list-style:none;font-size:.86rem;color:var(--quiet)}
.legend li{display:flex;gap:7px;align-items:center;min-width:0;overflow-wrap:anywhere}
.key{width:14px;height:10px;flex:none}
.broken{border-left:4px solid var(--bad);padding:2px 0 2px 14px;margin:14px 0;overflow-wrap:anywhere}.broken b{color:var(--bad)}.broken ul{margin:2px 0;padding-left:1.1em}
.faults{list-style:none;margin:4px 0 0;padding:0;font-size:.88rem;color:var(--quiet)}
.faults b{display:inline-block;min-width:1.5em;text-align:center;background:color-mix(in srgb,var(--band) 24%,transparent);color:var(--ink);border-radius:4px;margin-right:6px;font-weight:600}
figure{margin:0}
.plot{position:relative;margin-top:8px;border-radius:4px}
.plot:focus-visible,summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--after);outline-offset:3px}
svg{display:block;overflow:visible}
svg text{font-size:11.5px;fill:var(--quiet);font-family:inherit}
.plot text{paint-order:stroke;stroke:var(--halo);stroke-width:3px;stroke-linejoin:round}.plot .bandno{stroke:none}
.rule{stroke:var(--grid);stroke-width:1}.base{stroke:var(--line);stroke-width:1}
.band{fill:var(--band);opacity:.17}.bandno{font-weight:600;fill:var(--ink)}
.s-before,.s-after{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.s-before{stroke:var(--before)}.s-after{stroke:var(--after)}
.s-thin{stroke-width:1.6;stroke-dasharray:1 4.5}
.a-before{fill:var(--before);opacity:.16}.a-after{fill:var(--after);opacity:.13}
.f-before{fill:var(--before)}.f-after{fill:var(--after)}
.cursor{stroke:var(--ink);stroke-width:1;opacity:.55}
.tip{position:absolute;z-index:2;pointer-events:none;background:var(--ink);color:var(--page);font-size:.8rem;line-height:1.45;padding:7px 10px;border-radius:7px;max-width:230px;width:max-content;white-space:pre-line;overflow-wrap:anywhere}
.tip b{display:block;font-weight:600}
.scroll{overflow-x:auto;position:relative}
table{border-collapse:collapse;width:100%;font-size:.9rem}
caption{text-align:left;color:var(--quiet);font-size:.86rem;padding:0 0 6px}
th,td{padding:7px 12px 7px 0;text-align:right;vertical-align:top;border-bottom:1px solid var(--grid);font-weight:400;white-space:nowrap}
th:last-child,td:last-child{padding-right:0}
tr:last-child>*{border-bottom:0}
thead th{color:var(--quiet);font-size:.82rem;vertical-align:bottom;border-bottom-color:var(--line)}
tbody th,.l{text-align:left}
tbody th{white-space:normal;overflow-wrap:anywhere;min-width:7.5em;max-width:22em}
td.w{white-space:normal;overflow-wrap:anywhere;min-width:15em;max-width:28em}
.bars tbody th{width:70%;max-width:none;padding-right:20px}.bars th svg{margin-top:4px}
.dots tbody th{vertical-align:middle}
.dots th .note{white-space:nowrap}.dots tbody th{min-width:9.5em}
.dots td.dot{width:64%;text-align:left;white-space:normal}.dots td svg{margin:1px 0 3px}.fig{font-size:.86rem;color:var(--quiet)}.fig b{font-weight:600;color:var(--ink)}
.zero{stroke:var(--quiet);stroke-width:1;stroke-dasharray:2 3}
.whisker{stroke-width:2;stroke:var(--ink)}.dotc{fill:var(--ink);stroke:var(--ink);stroke-width:2}.dotc.open{fill:var(--card)}
.whisker.good,.dotc.good{stroke:var(--good)}.dotc.good{fill:var(--good)}.whisker.bad,.dotc.bad{stroke:var(--bad)}.dotc.bad{fill:var(--bad)}.whisker.even{stroke:var(--quiet)}.dotc.even{stroke:var(--quiet);fill:var(--quiet)}.dotc.open{fill:var(--card)}
.points .note{margin:0 0 6px}.points>svg{margin-top:8px}
.points text{paint-order:stroke;stroke:var(--halo);stroke-width:3px;stroke-linejoin:round}.points .strong{font-weight:650;fill:var(--ink)}
.join{stroke-width:1.8}.pt{stroke:var(--card);stroke-width:1.5}.pt-open{fill:var(--card);stroke:var(--after);stroke-width:2}
.ring{fill:none;stroke:var(--ink);stroke-width:1.6}.limit{stroke:var(--bad);stroke-width:1.4;stroke-dasharray:5 4}
.here>*{font-weight:650}
.flows{display:grid;gap:16px;grid-template-columns:repeat(auto-fit,minmax(min(100%,430px),1fr));margin-top:16px}
.flow text{font-size:12.5px;fill:var(--ink);paint-order:stroke;stroke:var(--halo);stroke-width:3.5px;stroke-linejoin:round}
.flow .n{fill:var(--quiet)}
.ribbon{opacity:.32}.flow .ribbon:hover{opacity:.55}
.node{fill:var(--ink)}
.c0{fill:var(--t0)}.c1{fill:var(--t1)}.c2{fill:var(--t2)}.c3{fill:var(--t3)}.c4{fill:var(--t4)}.c5{fill:var(--t5)}.c6{fill:var(--t6)}.c7{fill:var(--t7)}.cf{fill:var(--failed)}
.strips{margin-top:16px}.strips h3{margin-top:14px}.strips h3:first-child{margin-top:0}
details{border-bottom:1px solid var(--line)}
details.plain{border:0;margin-top:12px}
summary{cursor:pointer;padding:10px 0;overflow-wrap:anywhere}
details.plain>summary{color:var(--quiet);font-size:.9rem;padding:4px 0}
.go summary{display:flex;gap:8px 16px;align-items:baseline;flex-wrap:wrap;list-style:none}
.go summary::-webkit-details-marker{display:none}
.go summary::before{content:"+";color:var(--quiet);font-weight:600;width:.8em}
.go[open] summary::before{content:"–"}
.go .way{flex:1 1 12em;min-width:0;overflow-wrap:anywhere}
.arrow{color:var(--quiet);padding:0 .35em}
.in{padding:0 0 16px 1.4em}
dl{display:grid;grid-template-columns:minmax(7em,max-content) 1fr;gap:2px 18px;margin:6px 0 12px;font-size:.9rem}
dt{color:var(--quiet);overflow-wrap:anywhere;max-width:16em}dd{margin:0;overflow-wrap:anywhere;min-width:0}
pre{background:var(--page);border:1px solid var(--line);border-radius:8px;padding:10px 12px;margin:6px 0 0;white-space:pre-wrap;overflow-wrap:anywhere}
ul.plainlist{margin:6px 0 0;padding-left:1.1em;font-size:.92rem;overflow-wrap:anywhere}
footer{margin-top:56px;border-top:1px solid var(--line);padding-top:16px;color:var(--quiet);font-size:.88rem}
footer p{max-width:80ch}
.sr{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:860px){.tiles{grid-template-columns:repeat(2,1fr)}}
@media (max-width:560px){main{padding:24px 16px 56px}.card{padding:14px 14px}.tiles{gap:10px}.tiles .big{font-size:1.5rem}h2{margin-top:44px}
dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:6px}}
@media print{body{background:#fff}.card{break-inside:avoid}}
`;
