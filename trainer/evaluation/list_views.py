"""What goes on inside the lists of a bundle: what each channel proposes, and what other rules would show."""

from collections.abc import Mapping
from typing import Any

import tensorflow as tf

from trainer.channels.asked import Asked
from trainer.channels.list_channels import ListChannels
from trainer.channels.union import Union
from trainer.config.lists import ListsConfig
from trainer.lists.list_policy import ListPolicy
from trainer.lists.page import ListPage, ShownList


class ViewedChannels:
    """Channels that keep, while a call is traced, what each of them proposes alone and what their union is.

    Args:
        channels: of a bundle; all else is theirs.
        depth: items of each list that is kept.
    """

    def __init__(self, channels: ListChannels, depth: int) -> None:
        self._channels, self._depth = channels, depth
        self.alone: dict[str, tf.Tensor] = {}
        self.joined: Union | None = None

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channels, name)

    def union(self, kind: str, asked: Asked, excluded: tf.Tensor) -> Union:
        """See `ListChannels.union`."""
        self.alone = {name: channel(asked, self._depth).rows for name, channel in self._channels.channels.items()}
        self.joined = self._channels.union(kind, asked, excluded)
        return self.joined

    @property
    def fused(self) -> tf.Tensor:
        """Rows of the union, int32 [P, S], in the order of its fused ranks; the padding row pads behind."""
        assert self.joined is not None
        return self.joined.rows


class ViewedPolicy:
    """A policy that keeps, while a call is traced, what others would show of the same candidates.

    Args:
        policy: whose list is the answer.
        others: sections ``lists`` by name.
    """

    def __init__(self, policy: ListPolicy, others: Mapping[str, ListsConfig]) -> None:
        self._policy = policy
        self._others = {name: ListPolicy(config) for name, config in others.items()}
        self.shown: dict[str, tf.Tensor] = {}

    def candidates(self, pinned: tf.Tensor | None, pages: tf.Tensor) -> tf.Tensor:
        """See `ListPolicy.candidates`."""
        return self._policy.candidates(pinned, pages)

    def __call__(self, page: ListPage) -> ShownList:
        """See `ListPolicy`."""
        self.shown = {name: _ids(page, policy(page)) for name, policy in self._others.items()}
        return self._policy(page)


def _ids(page: ListPage, shown: ShownList) -> tf.Tensor:
    return tf.where(shown.shown, tf.gather(page.ids, shown.index, batch_dims=1), "")
