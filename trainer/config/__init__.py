"""The YAML experiment as typed, validated objects: one module a part.

A value may name an environment variable as ``${NAME}`` or ``${NAME:-default}``. Relative paths are taken from the folder
in which the command runs.
"""

from trainer.config.adversarial import AdversarialConfig
from trainer.config.augmentation import AugmentationConfig, TextMethodConfig
from trainer.config.calibration import CalibrationConfig
from trainer.config.collaborative import AlsConfig, CollaborativeConfig, PopularityConfig
from trainer.config.data import AttributionConfig, DataConfig, EventsConfig, NegativesConfig, SplitConfig
from trainer.config.debias import CurveConfig, DebiasConfig
from trainer.config.experiment import Experiment
from trainer.config.features import RESERVED_FEATURE_NAMES, FeatureConfig, FeaturesConfig
from trainer.config.finetune import FinetuneConfig
from trainer.config.incremental import IncrementalConfig
from trainer.config.lists import BoostConfig, CapConfig, DiversityConfig, ExplorationConfig, ListsConfig
from trainer.config.loss import Escm2Config, LossConfig
from trainer.config.model import EncoderConfig, ExpertsConfig, ModelConfig
from trainer.config.reading import dump_experiment, load_experiment, read_yaml
from trainer.config.results import EvaluateConfig, ExportConfig, WarmupConfig
from trainer.config.retrieval import RetrievalConfig
from trainer.config.section import Count, NotNegative, Positive, Section, Share, validate_section
from trainer.config.slices import SliceConfig
from trainer.config.tasks import TaskConfig
from trainer.config.train import TrainConfig

__all__ = [
    "RESERVED_FEATURE_NAMES",
    "AdversarialConfig",
    "AlsConfig",
    "AttributionConfig",
    "AugmentationConfig",
    "BoostConfig",
    "CalibrationConfig",
    "CapConfig",
    "CollaborativeConfig",
    "Count",
    "CurveConfig",
    "DataConfig",
    "DebiasConfig",
    "DiversityConfig",
    "EncoderConfig",
    "Escm2Config",
    "EvaluateConfig",
    "EventsConfig",
    "Experiment",
    "ExpertsConfig",
    "ExplorationConfig",
    "ExportConfig",
    "FeatureConfig",
    "FeaturesConfig",
    "FinetuneConfig",
    "IncrementalConfig",
    "ListsConfig",
    "LossConfig",
    "ModelConfig",
    "NegativesConfig",
    "NotNegative",
    "PopularityConfig",
    "Positive",
    "RetrievalConfig",
    "Section",
    "Share",
    "SliceConfig",
    "SplitConfig",
    "TaskConfig",
    "TextMethodConfig",
    "TrainConfig",
    "WarmupConfig",
    "dump_experiment",
    "load_experiment",
    "read_yaml",
    "validate_section",
]
