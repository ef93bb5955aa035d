"""``python -m tools.soak``: 10,000 malformed requests, then 30 minutes at half of what the server can do."""

import sys
import tempfile
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    base: Annotated[Path, typer.Argument(help="The folder of a model's versions, such as models/shelfrank.")] = Path(
        "demo/models/quickstart"
    ),
    requests: Annotated[int, typer.Option(help="Malformed requests.", min=1)] = 10_000,
    minutes: Annotated[float, typer.Option(help="Of load; 0 for none.", min=0)] = 30.0,
    seed: Annotated[int, typer.Option(help="Of the malformed requests.")] = 1,
) -> None:
    """Try a bundle on the local server with requests that are wrong, and with right ones for long."""
    from serving.local.errors import ServerError
    from tools.soak.run import run
    from trainer.errors import InputError

    try:
        with tempfile.TemporaryDirectory() as folder:
            held = run(base, requests, minutes * 60, seed, Path(folder) / "server.log")
    except (InputError, ServerError) as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    sys.exit(0 if held else 1)


if __name__ == "__main__":
    app()
