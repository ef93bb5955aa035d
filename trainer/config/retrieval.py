"""Two-tower retrieval: what finds candidates among all items."""

from typing import Annotated

from pydantic import Field

from trainer.config.section import Count, NotNegative, Positive, Section, Share


class RetrievalConfig(Section):
    """Two-tower retrieval: one vector for query and user, one for each item, near where a click is likely.

    Attributes:
        width: of the vectors (W).
        hidden: widths of the hidden layers of both towers.
        user_width: width of what is learned of a user.
        min_item_clicks: items with fewer clicks on the training pages have no vector of their own; they are known by their
            text and features.
        min_user_clicks: users with fewer clicks on the training pages have no vector of their own; they are known by their
            features and history.
        history_length: items last clicked that are used, the most recent ones.
        temperature: of the softmax over cosines.
        uniform_negatives: items drawn uniformly from the catalogue for each step, beside the batch's own.
        hard_negatives: how many of a pair's negatives, those that score best, count in the loss; null: all of them.
        purchase_weight: weight of a click that led to a purchase; of any other click it is 1.
        without_query: share of the training pairs whose query is hidden, so that lists without a query are learned too.
        epochs: most passes over the training clicks.
        batch: clicks a step.
        learning_rate: of Adam.
        stop_at: k of the recall on validation clicks that picks the best weights.
        patience: epochs without a rise after which training stops.
        validation_clicks: clicks of a validation, a fixed sample.
    """

    width: Count = 64
    hidden: list[Count] = Field(default=[256])
    user_width: Count = 16
    min_item_clicks: Count = 2
    min_user_clicks: Count = 5
    history_length: Count = 10
    temperature: Positive = 0.05
    uniform_negatives: Annotated[int, Field(ge=0)] = 256
    hard_negatives: Count | None = None
    purchase_weight: NotNegative = 3.0
    without_query: Share = 0.1
    epochs: Count = 20
    batch: Count = 512
    learning_rate: Positive = 1e-3
    stop_at: Count = 20
    patience: Count = 4
    validation_clicks: Count = 5000
