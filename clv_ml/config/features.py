"""Features of one's own."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from clv_ml.config.files import Section

ModuleName = Annotated[str, Field(pattern=r"^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$")]


class FeaturesConfig(Section):
    """What the churn classifier also learns from, beside the features that clv_ml knows."""

    modules: tuple[ModuleName, ...] = ()
    """Python modules with functions under `@clv_ml.feature`, such as `my_features`: installed, or on PYTHONPATH. A
    model that was trained with them is only used with them."""
