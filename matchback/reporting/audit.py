"""The tracking audit as a document: the same inputs, versions and thresholds give the same bytes.

Nothing in it depends on when or how often the run was made: no run id, no clock, no duration.
"""

from typing import TYPE_CHECKING

from markupsafe import Markup

from matchback.reporting import figures, pages
from matchback.reporting.run import ReportedRun
from matchback.reporting.sections import AUDIT, flow_map

if TYPE_CHECKING:
    from markdown_it.token import Token


def audit_markdown(run: ReportedRun) -> str:
    """Return the audit as Markdown."""
    parts = pages.render_parts(AUDIT, run, "audit/{}.md.j2")
    text = pages.render(
        "audit.md.j2",
        run=run,
        window=figures.span(run.window_start, run.window_end),
        body="\n\n".join(f"## {part.section.title}\n\n{part.text.strip()}" for part in parts),
    )
    return f"{text}\n"


def audit_html(run: ReportedRun, text: str) -> str:
    """Return the audit's Markdown as one self-contained page."""
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark", {"html": False}).enable("table")
    diagram = flow_map.figure(run.view(flow_map.build))
    parser.add_render_rule("fence", lambda _, tokens, index, *__: _fence(tokens[index], diagram))
    body = parser.render(text)
    body = body.replace(
        "<table>", '<div class="scroll" role="group" aria-label="Table" tabindex="0"><table>'
    )
    body = body.replace("</table>", "</table></div>").replace("<th>", '<th scope="col">')
    return pages.render(
        "audit.html.j2",
        body=Markup(body),
        style=pages.asset("style.css"),
        window=figures.span(run.window_start, run.window_end),
    )


def _fence(token: "Token", diagram: Markup) -> str:
    if token.info.strip() == "mermaid":
        return diagram
    return Markup(
        '<pre class="scroll" role="group" aria-label="Figures" tabindex="0">{}</pre>'
    ).format(token.content)
