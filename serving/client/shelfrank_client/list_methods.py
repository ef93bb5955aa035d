"""The methods of both clients for lists that the model makes itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from shelfrank_client.item_list import ItemList, ListArguments
from shelfrank_client.list_conversation import ListConversation
from shelfrank_client.steps import Steps

if TYPE_CHECKING:
    from collections.abc import Awaitable

    # Of `typing` from Python 3.11 on only.
    from typing_extensions import Unpack


class _Client(Protocol):
    _talk: ListConversation

    def _run(self, steps: Steps[ItemList]) -> Any: ...


class ListMethods:
    """Lists by the model's own channels; a bundle has them after ``shelfrank channels``."""

    def search(self: _Client, query: str, **given: Unpack[ListArguments]) -> ItemList:
        """Items for a query, with the user's last clicks.

        Args:
            query: what the shopper typed.
            given: see `ListArguments`.

        Raises:
            InvalidRequest: if the request does not fit the model.
            ModelNotFound: if the model makes no lists.
            RankingError: as `RankingClient.rank`.
        """
        listed: ItemList = self._run(self._talk.listed("search", query, "", given))
        return listed

    def for_user(self: _Client, **given: Unpack[ListArguments]) -> ItemList:
        """Items for a user's history; arguments and errors are those of `search`, without the query."""
        listed: ItemList = self._run(self._talk.listed("for_user", "", "", given))
        return listed

    def similar_items(self: _Client, item_id: str, **given: Unpack[ListArguments]) -> ItemList:
        """Items like an item: arguments and errors are those of `search`, with an item id in place of the query."""
        listed: ItemList = self._run(self._talk.listed("similar_items", "", item_id, given))
        return listed

    def trending(self: _Client, **given: Unpack[ListArguments]) -> ItemList:
        """What is popular of late; in the ``category``, where the model knows it. Errors are those of `search`."""
        listed: ItemList = self._run(self._talk.listed("trending", "", "", given))
        return listed

    def recommend(self: _Client, query: str = "", **given: Unpack[ListArguments]) -> ItemList:
        """Items of all channels together; arguments and errors are those of `search`, where the query may be empty."""
        listed: ItemList = self._run(self._talk.listed("recommend", query, "", given))
        return listed


class AsyncListMethods:
    """`ListMethods`, awaited."""

    def search(self: _Client, query: str, **given: Unpack[ListArguments]) -> Awaitable[ItemList]:
        """See `ListMethods.search`."""
        listed: Awaitable[ItemList] = self._run(self._talk.listed("search", query, "", given))
        return listed

    def for_user(self: _Client, **given: Unpack[ListArguments]) -> Awaitable[ItemList]:
        """See `ListMethods.for_user`."""
        listed: Awaitable[ItemList] = self._run(self._talk.listed("for_user", "", "", given))
        return listed

    def similar_items(self: _Client, item_id: str, **given: Unpack[ListArguments]) -> Awaitable[ItemList]:
        """See `ListMethods.similar_items`."""
        listed: Awaitable[ItemList] = self._run(self._talk.listed("similar_items", "", item_id, given))
        return listed

    def trending(self: _Client, **given: Unpack[ListArguments]) -> Awaitable[ItemList]:
        """See `ListMethods.trending`."""
        listed: Awaitable[ItemList] = self._run(self._talk.listed("trending", "", "", given))
        return listed

    def recommend(self: _Client, query: str = "", **given: Unpack[ListArguments]) -> Awaitable[ItemList]:
        """See `ListMethods.recommend`."""
        listed: Awaitable[ItemList] = self._run(self._talk.listed("recommend", query, "", given))
        return listed
