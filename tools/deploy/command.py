"""``shelfrank check-deploy``."""

from pathlib import Path
from typing import Annotated

import typer


def check_deploy(
    model: Annotated[
        Path, typer.Argument(metavar="BUNDLE_OR_MODEL_FOLDER", help="models/NAME/VERSION, or models/NAME.")
    ],
    files: Annotated[Path, typer.Option(help="The deployment's files.")] = Path("configs/tf_serving"),
) -> None:
    """Check the files of a TF Serving deployment against a bundle and each other; exit code 1 if they do not agree."""
    from tools.deploy.check import check

    kit = check(model, files)
    for finding in kit.findings:
        typer.echo(str(finding))
    if kit.findings:
        raise typer.Exit(1)
    counted = ", ".join(f"{kind} {number}" for kind, number in kit.checked.items())
    typer.echo(f"{files} fits {model}: {counted}")
