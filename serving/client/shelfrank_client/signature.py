"""What a model expects and gives, read from its metadata."""

from dataclasses import dataclass
from typing import Any

from shelfrank_client import protocol
from shelfrank_client.errors import ModelNotFound, unreadable
from shelfrank_client.tensors import STRING

SERVING_DEFAULT = "serving_default"
RANK_ITEMS, ENCODE_QUERY, ENCODE_ITEM = "rank_items", "encode_query", "encode_item"
PAGE_INPUTS = ("query", "item_id", "history", "user_id")


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a signature.

    Attributes:
        dtype: TensorFlow's number of the type.
        shape: -1 where any length goes.
    """

    dtype: int
    shape: tuple[int, ...]

    @property
    def is_sequence(self) -> bool:
        """Whether it is a list of item ids a page."""
        return self.dtype == STRING and len(self.shape) == 2


@dataclass(frozen=True, slots=True)
class Metadata:
    """The signatures of a model version.

    Attributes:
        model_version: as the server says.
        inputs: by signature, by input.
    """

    model_version: int
    inputs: dict[str, dict[str, Input]]

    def of(self, signature: str) -> dict[str, Input]:
        """The inputs of a signature.

        Raises:
            ModelNotFound: if the model has none of that name.
        """
        if signature not in self.inputs:
            there = ", ".join(sorted(self.inputs))
            raise ModelNotFound(f"the model has no signature {signature!r}; there are: {there}", "NOT_FOUND")
        return self.inputs[signature]

    def features(self, signature: str = SERVING_DEFAULT) -> list[str]:
        """Names of the user and context features and sequences of a signature that ranks by id.

        Raises:
            ModelNotFound: if the model has no such signature.
        """
        return sorted(set(self.of(signature)) - set(PAGE_INPUTS))

    def item_inputs(self, signature: str = SERVING_DEFAULT) -> list[str]:
        """Names of the item texts and features that ``rank_items`` takes beyond the inputs of ``signature``.

        Raises:
            ModelNotFound: if the model lacks either signature.
        """
        return sorted(set(self.of(RANK_ITEMS)) - set(self.of(signature)))


def read_metadata(response: Any) -> Metadata:
    """Read a GetModelMetadataResponse.

    Raises:
        ServerError: if it holds no signatures.
    """
    if "signature_def" not in response.metadata:
        raise unreadable("the server's metadata hold no signatures")
    signatures = protocol.SignatureDefMap.FromString(response.metadata["signature_def"].value)
    inputs = {
        name: {
            key: Input(info.dtype, tuple(d.size for d in info.tensor_shape.dim))
            for key, info in definition.inputs.items()
        }
        for name, definition in signatures.signature_def.items()
        if not name.startswith("__")  # TensorFlow's own
    }
    return Metadata(response.model_spec.version.value, inputs)
