"""The figures of a load as one HTML file."""

from datetime import UTC, datetime
from pathlib import Path

import jinja2

from tools.loadtest.figures import PERCENTILES, Loaded
from tools.loadtest.open_loop import OK
from tools.loadtest.pictures import latency_by_rate, latency_by_size
from tools.loadtest.table import cells, notes

TEMPLATE = "loadtest.html.j2"


def page_of(found: Loaded) -> str:
    """An HTML page that needs nothing else, light or dark as the reader's machine.

    Args:
        found: the load.
    """
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    rows = [
        (name, rate.rate, size, f"{rate.achieved:.1f}" if size == "all" else "", cells(figures))
        for rate in found.rates
        for name, size, figures in [
            ("rate", "all", rate.all),
            *(("size", size, figures) for size, figures in rate.sizes.items() if len(rate.sizes) > 1),
        ]
    ]
    return environment.get_template(TEMPLATE).render(
        setting=found.setting,
        machine=found.setting["machine"],
        percentiles=list(PERCENTILES),
        rows=rows,
        notes=notes(found),
        pictures=[latency_by_rate(found), *latency_by_size(found)],
        failed=any(code != OK for rate in found.rates for code in rate.all.codes),
        written=f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
    )
