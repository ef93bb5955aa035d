"""Which channels the lists of a bundle are made from."""

from typing import Annotated

from pydantic import Field, model_validator

from trainer.config.section import Count, Positive, Section

OF_QUERY = ("query_tower", "text", "query_memory")
OF_USER = ("item_to_item", "user_tower")
FOR_ALL = "trending"
CHANNELS = (*OF_QUERY, *OF_USER, FOR_ALL)
"""In the order in which they are joined."""

Quotas = Annotated[dict[str, Count], Field(min_length=1)]
MOST_CANDIDATES = 2000


class ChannelsConfig(Section):
    """What the lists of a bundle are made from: by list, how many candidates each channel may propose.

    A channel that has nothing to say, such as one of queries where nothing was typed, proposes nothing; ``trending`` then
    still does. What a run has no data for is left out of its bundle.

    Attributes:
        search: of the list for a query, with the user's last clicks.
        for_user: of the list for a user's history.
        similar_items: of the list for an item: ``item_to_item`` its neighbours, ``text`` the items that read like it,
            ``query_tower`` those near it in the retrieval's space.
        recommend: of the combined list.
        trending: of the list of recent popularity; and what is added to every other list.
        history_half_life: clicks after which an item of the history counts half for ``item_to_item``.
    """

    search: Quotas = Field(default={"query_tower": 100, "text": 60, "query_memory": 40})
    for_user: Quotas = Field(default={"item_to_item": 100, "user_tower": 60})
    similar_items: Quotas = Field(default={"item_to_item": 50, "text": 50})
    recommend: Quotas = Field(
        default={"query_tower": 60, "text": 40, "query_memory": 40, "item_to_item": 40, "user_tower": 40}
    )
    trending: Count = 50
    history_half_life: Positive = 5.0

    @model_validator(mode="after")
    def _known(self) -> "ChannelsConfig":
        allowed = {
            "search": OF_QUERY,
            "for_user": OF_USER,
            "similar_items": ("query_tower", "text", "item_to_item"),
            "recommend": (*OF_QUERY, *OF_USER),
        }
        for name, channels in allowed.items():
            quotas = getattr(self, name)
            unknown = [channel for channel in quotas if channel not in channels]
            if unknown:
                raise ValueError(f"{name}: {unknown[0]!r} is no channel of this list; there are: {', '.join(channels)}")
            total = sum(quotas.values()) + self.trending
            if total > MOST_CANDIDATES:
                raise ValueError(f"{name}: {total} candidates with trending, at most {MOST_CANDIDATES} can be ranked")
        return self
