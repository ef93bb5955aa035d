"""All checks of a deployment, in the order of its files."""

from pathlib import Path

from tools.deploy.bundle import find_model
from tools.deploy.compose import check_compose
from tools.deploy.deployments import check_deployments
from tools.deploy.kit import Kit, at
from tools.deploy.manifests import check_references, read_manifests
from tools.deploy.models import check_batching, check_models, served_versions
from tools.deploy.prometheus import check_dashboards, check_rules, check_scraping
from tools.deploy.scripts import StartScript, check_scripts, metrics_path, read_scripts
from trainer.errors import InputError


def check(model_folder: Path, files: Path) -> Kit:
    """Check a deployment's files against a bundle and against each other.

    Args:
        model_folder: ``models/<name>`` or ``models/<name>/<version>``.
        files: a folder like ``configs/tf_serving``.

    Returns:
        The kit with all findings; none where everything agrees.

    Raises:
        InputError: there is no bundle or no such folder of files.
    """
    if not files.is_dir():
        raise InputError(f"--files: {files}: no such folder; give one with the files of configs/tf_serving")
    model, kit = find_model(model_folder), Kit(files)
    entry = check_models(kit, model)
    check_batching(kit, entry, model)
    served = (served_versions(entry, model) if entry is not None else []) or [max(model.versions)]
    libraries = [at(model.manifest(version, kit), "libraries", "tensorflow") for version in served]
    tensorflow = max(filter(None, map(_text, libraries)), key=_parts, default=None)

    scripts = read_scripts(kit)
    check_scripts(kit, scripts, entry)
    path = metrics_path(kit, scripts)
    # What one script opens is what all other files must say, the second script too.
    ports = scripts[0].ports if scripts else StartScript("", {"rest_api_port": "8501"}).ports
    for script in scripts[1:]:
        if script.ports != ports:
            kit.report(
                script.file, "--port", f"opens {script.ports}, {scripts[0].file} opens {ports}", "let the two agree"
            )
    check_compose(kit, scripts, entry, tensorflow)
    resources = read_manifests(kit)
    check_references(kit, resources, ports)
    check_deployments(kit, resources, scripts, path, entry, tensorflow)
    jobs = check_scraping(kit, path, ports)
    check_dashboards(kit, check_rules(kit, jobs), jobs)
    return kit


def _text(version: object) -> str | None:
    return version if isinstance(version, str) else None


def _parts(version: str) -> tuple[int, ...]:
    """A version's numbers, for comparing."""
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
