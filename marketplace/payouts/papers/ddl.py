"""PostgreSQL itself keeps numbered papers as they were issued."""

STATEMENTS: list[str] = [
    """
CREATE FUNCTION issued_papers_stay() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'papers are never changed once issued: % of % refused, issue a credit note',
        TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'issued_papers_stay';
END
$$
""",
    *(
        statement
        for table in ("issued_paper", "paper_entry")
        for statement in (
            f"""
CREATE TRIGGER stays BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION issued_papers_stay()
""",
            f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER stays",
        )
    ),
]
