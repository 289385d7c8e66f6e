"""What PostgreSQL itself enforces on the ledger, whoever writes to it.

The rule "an entry's postings add up to zero" is checked once per statement over all the rows that it brought,
not once per row: a bulk load of hundreds of thousands of postings costs one aggregate. That asks of writers
that one statement brings all postings of an entry, and in return no moment exists, not even inside a
transaction, at which the ledger is out of balance. Only the rule "an entry has postings" waits for the
commit, because the entry must be there before its postings can name it.

The triggers are ALWAYS enabled: `session_replication_role` doesn't switch them off.
"""

from marketplace.payouts.papers.ddl import STATEMENTS as OF_PAPERS

_BALANCED = """
CREATE FUNCTION ledger_postings_are_whole_and_balanced() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    wrong record;
BEGIN
    SELECT entry_id, currency, sum(amount_minor) AS difference INTO wrong
    FROM added GROUP BY entry_id, currency HAVING sum(amount_minor) <> 0 LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal entry % is out of balance by % %',
            wrong.entry_id, wrong.difference, wrong.currency
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_balanced';
    END IF;
    SELECT posting.entry_id INTO wrong
    FROM (SELECT entry_id, count(*) AS postings FROM added GROUP BY entry_id) AS brought
    JOIN posting USING (entry_id)
    GROUP BY posting.entry_id, brought.postings HAVING count(*) <> brought.postings LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'journal entry % already has its postings', wrong.entry_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_whole';
    END IF;
    RETURN NULL;
END
$$
"""

_HAS_POSTINGS = """
CREATE FUNCTION ledger_entry_has_postings() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM posting WHERE entry_id = NEW.id) THEN
        RAISE EXCEPTION 'journal entry % has no postings', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'journal_entry_has_postings';
    END IF;
    RETURN NULL;
END
$$
"""

_UNCHANGEABLE = """
CREATE FUNCTION ledger_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is append-only: % of % refused, correct it with a new entry',
        TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation', CONSTRAINT = 'ledger_append_only';
END
$$
"""

STATEMENTS: list[str] = [
    _BALANCED,
    _HAS_POSTINGS,
    _UNCHANGEABLE,
    """
CREATE TRIGGER whole_and_balanced AFTER INSERT ON posting REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_postings_are_whole_and_balanced()
""",
    """
CREATE CONSTRAINT TRIGGER has_postings AFTER INSERT ON journal_entry DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION ledger_entry_has_postings()
""",
    *(
        f"""
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_is_append_only()
"""
        for table in ("journal_entry", "posting")
    ),
    "ALTER TABLE posting ENABLE ALWAYS TRIGGER whole_and_balanced",
    "ALTER TABLE journal_entry ENABLE ALWAYS TRIGGER has_postings",
    "ALTER TABLE journal_entry ENABLE ALWAYS TRIGGER append_only",
    "ALTER TABLE posting ENABLE ALWAYS TRIGGER append_only",
    *OF_PAPERS,
]
