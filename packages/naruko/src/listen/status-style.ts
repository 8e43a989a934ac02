/** The status page's style: readable at night and by day, at arm's length, without colours too. */
export const STATUS_STYLE: string = `
:root {
  color-scheme: light dark;
  --back: #fff; --text: #16191d; --dim: #59616b; --line: #d5d9de; --panel: #f6f7f9;
  --bad: #b3261e; --wait: #8a5a00; --good: #1a6b35; --idle: #59616b; --demo: #5b3fa8;
}
@media (prefers-color-scheme: dark) {
  :root {
    --back: #14171a; --text: #e3e6e9; --dim: #9aa3ad; --line: #333a41; --panel: #1c2024;
    --bad: #ff8a80; --wait: #f0b849; --good: #7ccf93; --idle: #9aa3ad; --demo: #b9a5f5;
  }
}
* { box-sizing: border-box }
body { background: var(--back); color: var(--text); font: 16px/1.5 system-ui, sans-serif;
  margin: 0 auto; max-width: 66rem; padding: 1.5rem 1rem 3rem }
header { display: flex; flex-wrap: wrap; gap: .3rem 1rem; align-items: baseline }
h1 { font-size: 1.3rem; margin: 0 }
h2 { font-size: 1.05rem; margin: 2rem 0 .6rem }
small, .dim { color: var(--dim); font-size: .875rem }
.demo { border: 2px dashed var(--demo); border-radius: .4rem; color: var(--demo); font-weight: 600;
  margin: 0 0 1rem; padding: .4rem .9rem }
.verdict { border-left: .5rem solid var(--tone); background: var(--panel); border-radius: .3rem;
  font-size: 1.4rem; font-weight: 600; margin: 1rem 0; padding: .7rem 1rem }
.verdict ul { font-size: 1rem; font-weight: 400; margin: .3rem 0 0; padding-left: 1.2rem }
.firing, .broken { --tone: var(--bad) } .pending { --tone: var(--wait) }
.quiet { --tone: var(--good) } .no-data, .no-traffic { --tone: var(--idle) }
.layers { display: grid; gap: .8rem; grid-template-columns: repeat(auto-fit, minmax(14rem, 1fr)) }
.layer { border: 1px solid var(--line); border-left: .5rem solid var(--tone); border-radius: .3rem;
  padding: .6rem .9rem }
.layer p { margin: 0 } .layer strong, .state { color: var(--tone) }
.layer.no-data, .layer.no-traffic { border-style: dashed; border-left-style: solid }
table { border-collapse: collapse; width: 100% }
td, th { border-top: 1px solid var(--line); padding: .5rem .7rem .5rem 0; text-align: left;
  vertical-align: top }
td p { margin: 0; overflow-wrap: anywhere } td:first-child, td:last-child { white-space: nowrap }
.state { font-weight: 700 } td .state { text-transform: uppercase }
code, pre { font: .84rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
pre { background: var(--panel); border-radius: .3rem; overflow-x: auto; padding: .8rem }
a { color: inherit }
`;
