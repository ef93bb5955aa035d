"""A small study: two variants and two seeds on the tiny backbone, killed once and started again."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

SHOP = """
name: shop
seed: 3
runs: {folder}/runs
simulate:
  source: marketplace
  pages: 160
  page_size: 6
  users: 30
  behaviour: {{click_rate: 0.3, purchase_rate: 0.4}}
  marketplace: {{items: 120, queries: 24, candidates: 20, judged: 10}}
data:
  prepared: {folder}/prepared
  items: {folder}/tables/items.parquet
  search_log: {folder}/tables/search_log.parquet
  judgments: {folder}/tables/judgments.parquet
  text: [title]
  split: {{by: query, valid: 0.2, test: 0.3}}
encoder: {{backbone: {preset}, query_length: 8, item_length: 12}}
model: {{hidden: [8]}}
train: {{pages_per_batch: 16, evaluations: 1, epochs: 0.5}}
evaluate: {{bootstrap: 20}}
"""
STUDY = {
    "name": "rates",
    "question": "Does a higher rate help?",
    "target": "more pair accuracy.",
    "seeds": [1, 2],
    "reference": "slow",
    "variants": [
        {"name": "slow", "meaning": "as it stands"},
        {"name": "fast", "overrides": {"train.head_learning_rate": 0.05, "finetune.freeze_layers": 2}},
    ],
    "baselines": ["BM25"],
    "metrics": [
        {"key": "judged.pair_accuracy", "name": "pair accuracy", "digits": 6},
        {"key": "test.ctr.auc", "digits": 6},
        {"key": "run.backbone_share", "name": "share trained"},
        {"key": "robustness.typo.judged.pair_accuracy.drop", "name": "lost by typos", "digits": 6},
        {"key": "test.no.such", "name": "what no run has"},
    ],
    "figures": [
        {"metric": "pair accuracy", "at_least": -1.0},
        {"metric": "pair accuracy", "of": "ratio", "at_most": 9.0},
        {"metric": "share trained", "of": "value", "variants": ["fast"], "at_most": 0.0},
        {"metric": "what no run has", "of": "value", "variants": ["fast"], "at_most": 1.0},
    ],
    "notes": ["A study of nothing."],
}


@dataclass(frozen=True)
class Job:
    """A study on disk.

    Attributes:
        folder: where everything lies.
        path: the study.
        results: its document.
    """

    folder: Path
    path: Path
    results: Path

    @property
    def command(self) -> list[str]:
        """What runs it."""
        return [sys.executable, "-m", "tools.study", str(self.path), "--results", str(self.results)]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run it to its end."""
        return subprocess.run([*self.command, *words], capture_output=True, text=True, timeout=600, check=False)

    def run_folder(self, variant: str, seed: int) -> Path:
        """One of its runs."""
        return self.folder / "studies" / "rates" / variant / f"seed-{seed}"


def write_job(folder: Path, preset: Path, **changes: object) -> Job:
    """Write a shop and a study of it; changes replace keys of the study."""
    (folder / "shop.yaml").write_text(SHOP.format(folder=folder, preset=preset))
    study = {**STUDY, "config": str(folder / "shop.yaml"), "runs": str(folder / "studies"), **changes}
    (folder / "study.yaml").write_text(yaml.safe_dump(study, sort_keys=False))
    return Job(folder, folder / "study.yaml", folder / "docs" / "results.md")


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Content and time of the files of a run."""
    return {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in folder.iterdir() if path.is_file()}
