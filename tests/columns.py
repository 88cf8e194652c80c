"""Columns and plans for tests that have no catalog and no file to take them from."""

from processor.model import Column, Field, Plan, Reading


def column(
    type_name: str = "text",
    name: str = "c",
    *,
    base: str | None = None,
    kind: str = "b",
    not_null: bool = False,
    labels: tuple[str, ...] = (),
) -> Column:
    """Return a column of a type that the catalog would describe so; `base` is needed for a domain only."""
    return Column(
        name=name,
        type=type_name,
        base=base or type_name.split("(")[0],
        kind=kind,
        not_null=not_null,
        required=False,
        labels=labels,
    )


def plan_of(*columns: Column, reading: Reading | None = None) -> Plan:
    """Return the plan for a file whose fields have the names of these columns, in this order."""
    fields = (
        Field(index=index, header=column.name, column=column, reading=reading or Reading())
        for index, column in enumerate(columns)
    )
    return Plan(len(columns), tuple(fields))
