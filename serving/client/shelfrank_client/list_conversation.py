"""The calls behind the methods for lists."""

from collections.abc import Mapping
from typing import Any

from shelfrank_client.conversation import Conversation
from shelfrank_client.errand import Errand
from shelfrank_client.errors import DeadlineExceeded, RankingError, Unavailable
from shelfrank_client.item_list import ItemList, ListArguments, backup_list
from shelfrank_client.list_requests import INPUTS, checked_list, fill_list, logged_inputs, read_list
from shelfrank_client.page_query import CheckedPage, PageQuery, page_query
from shelfrank_client.settings import check_k
from shelfrank_client.steps import Steps


class ListConversation(Conversation):
    """A `Conversation` that asks for lists too."""

    def listed(self, kind: str, query: str, similar_to: str, given: ListArguments) -> Steps[ItemList]:
        """See `ListMethods.search` and the methods after it."""
        chosen = self.settings.falls_back(given.get("fallback"))
        k, backup = given.get("k"), given.get("backup", ())
        errand: Errand | None = None
        try:
            errand = self.settings.errand(given.get("deadline"), given.get("request_id"))
            check_k(k)
            page, inputs = checked_list(query, similar_to, given, self.settings.max_candidates)
            inputs["request_id"] = errand.request_id
            shapes = self.settings.shapes
            (response,) = yield from self._predict(
                kind, [lambda request, metadata: fill_list(request, metadata, kind, page, inputs, shapes)], errand
            )
            found = read_list(response, k, errand.request_id)
        except RankingError as error:
            errand = errand or self.settings.errand(None)
            error.request_id = errand.request_id
            degraded = chosen == "always" or (chosen and isinstance(error, DeadlineExceeded | Unavailable))
            self._tell(errand, kind, 1, 0, error, degraded=degraded)
            if not degraded:
                raise
            shown = backup_list(backup, k, str(error), errand.request_id)
            asked = page_query(query, (), given.get("user"), given.get("context"), given.get("history", ()))
            self._log_list(errand, kind, asked, given | {"similar_to": similar_to}, shown)
            return shown
        self._tell(errand, kind, 1, len(found), None, found.model_version)
        self._log_list(errand, kind, page, inputs, found)
        return found

    def _log_list(
        self, errand: Errand, kind: str, asked: PageQuery | CheckedPage, inputs: Mapping[str, Any], found: ItemList
    ) -> None:
        if self.settings.request_log is not None:
            known = None if self._metadata is None else self._metadata.inputs.get(kind)
            names = None if known is None else set(known) - INPUTS
            self.settings.request_log.offer(
                errand.request_id, self.settings.model, [asked], [found], names, more=logged_inputs(kind, inputs)
            )
