"""What leaves with the list: personal columns, audiences of ad platforms, pseudonyms, changes, a database table."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from clv_ml.config.tables import Section

PersonalColumn = Literal["name", "phone", "email"]
PersonalFile = Literal["workbook", "list_csv", "changes_csv", "database"]
Platform = Literal["google", "meta", "tiktok"]
Variable = Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*$", max_length=100)]


class PersonalConfig(Section):
    """Personal columns beside the customer's id: only these, only in these files, only for customers to contact."""

    columns: tuple[PersonalColumn, ...] = ()
    """Which of those that the table of customers maps."""
    files: tuple[PersonalFile, ...] = ()
    """Where they stand; nowhere else."""

    @model_validator(mode="after")
    def _names_both(self) -> Self:
        if bool(self.columns) != bool(self.files):
            raise ValueError("name both `columns` and `files`, or neither")
        return self


class AudienceConfig(Section):
    """Files for the customer lists of ad platforms: e-mail and phone as SHA-256, of customers to contact."""

    platforms: Annotated[tuple[Platform, ...], Field(min_length=1)] = ("google", "meta")
    """One file each, because each platform has its own way to write an address before it is hashed."""
    phone_region: Annotated[str, Field(pattern=r"^[A-Z]{2}$")] | None = None
    """Country (ISO 3166, such as DE) of phone numbers without a country code; they are left out where None."""


class PseudonymConfig(Section):
    """A list for others outside the house, with a pseudonym in place of the id."""

    key_env: Variable = "CLV_ML_PSEUDONYM_KEY"
    """Environment variable with the key, at least 16 characters; the same key gives the same pseudonyms."""


class DatabaseConfig(Section):
    """A table in SQLite or PostgreSQL that the list is written to."""

    address: SecretStr | None = None
    """Such as sqlite:///crm.db or postgresql://user@host/database; with a password rather in `address_env`."""
    address_env: Variable | None = None
    """Environment variable that holds the address."""
    table: Annotated[str, Field(min_length=1, max_length=127)] = "risk_list"
    """Name, or schema and name with a point between; made where it is not there."""
    mode: Literal["replace", "append_refresh"] = "replace"
    """replace: the table holds the latest list; append_refresh: every list, each once."""

    @model_validator(mode="after")
    def _has_one_address(self) -> Self:
        if (self.address is None) == (self.address_env is None):
            raise ValueError("give either `address` or `address_env`")
        return self


class HandoverConfig(Section):
    """What is written beside the list itself; nothing personal unless it is named here."""

    personal: PersonalConfig = PersonalConfig()
    audiences: AudienceConfig | None = None
    """Files for the customer lists of ad platforms, hashed. Optional."""
    pseudonym: PseudonymConfig | None = None
    """A list for others outside the house, with a pseudonym in place of the id. Optional."""
    changes: bool = False
    """Also write the rows that are new, changed or gone since the previous list."""
    database: DatabaseConfig | None = None
    """A table in SQLite or PostgreSQL that the list is written to. Optional."""
    workbook_rows: Annotated[int, Field(ge=1, le=1_000_000)] = 20_000
    """Customers in the workbook at most; it says where the others are."""

    @property
    def details_columns(self) -> tuple[PersonalColumn, ...]:
        """Personal columns that must be read."""
        hashed = {"email", "phone"} if self.audiences else set()
        known: tuple[PersonalColumn, ...] = ("name", "phone", "email")
        return tuple(name for name in known if name in {*self.personal.columns, *hashed})

    def personal_columns(self, file: PersonalFile) -> tuple[PersonalColumn, ...]:
        """Return the personal columns that may stand in a file; often none."""
        return self.personal.columns if file in self.personal.files else ()
