"""What the tables of people alone can't say."""

from marketplace.people.words import APART

_APART = APART.replace("'", "''")

WORDS = rf"""
CREATE OR REPLACE FUNCTION people_words(given text) RETURNS tsvector
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
-- Small letters without accents and vowel signs; an e-mail address in its parts.
SELECT to_tsvector('simple', translate(
    lower(regexp_replace(
        normalize(given, NFKD), '[\u0300-\u036f\u0610-\u061a\u0640\u064b-\u065f\u0670]', '', 'g')),
    '{_APART}', '{" " * len(APART)}'))
$$
"""

WORDS_OF_USER = """
CREATE OR REPLACE FUNCTION people_words_of_user() RETURNS trigger
LANGUAGE plpgsql AS $$
-- What staff find a person by: names, e-mail address and telephone first, then the book of addresses.
BEGIN
    NEW.search_vector :=
        setweight(people_words(concat_ws(' ', NEW.email, NEW.first_name, NEW.last_name, NEW.phone)), 'A')
        || coalesce((
            SELECT setweight(people_words(string_agg(concat_ws(' ', a.first_name, a.last_name,
                a.company_name, a.street_address_1, a.street_address_2, a.city, a.postal_code, a.phone),
                ' ' ORDER BY a.id)), 'D')
            FROM address a WHERE a.user_id = NEW.id), '');
    RETURN NEW;
END
$$
"""

WORDS_OF_USER_TRIGGER = """
CREATE OR REPLACE TRIGGER people_words BEFORE INSERT
OR UPDATE OF email, first_name, last_name, phone, search_vector ON user_account
FOR EACH ROW EXECUTE FUNCTION people_words_of_user()
"""

BOOK_CHANGED = """
CREATE OR REPLACE FUNCTION people_book_changed() RETURNS trigger
LANGUAGE plpgsql AS $$
-- Setting the words of the book's owner has them made anew.
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.user_id IS NOT NULL THEN
        UPDATE user_account SET search_vector = NULL WHERE id = OLD.user_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.user_id IS NOT NULL
        AND (TG_OP = 'INSERT' OR NEW.user_id IS DISTINCT FROM OLD.user_id)
    THEN
        UPDATE user_account SET search_vector = NULL WHERE id = NEW.user_id;
    END IF;
    RETURN NULL;
END
$$
"""


def _book_trigger(event: str, when: str) -> str:
    name = event.split(maxsplit=1)[0].lower()
    return f"""
CREATE OR REPLACE TRIGGER people_book_{name} AFTER {event} ON address
FOR EACH ROW WHEN ({when}) EXECUTE FUNCTION people_book_changed()
"""


STATEMENTS = [
    WORDS,
    WORDS_OF_USER,
    WORDS_OF_USER_TRIGGER,
    BOOK_CHANGED,
    _book_trigger("INSERT", "NEW.user_id IS NOT NULL"),
    _book_trigger(
        "UPDATE OF user_id, first_name, last_name, company_name, street_address_1, street_address_2, city,"
        " postal_code, phone",
        "OLD.user_id IS NOT NULL OR NEW.user_id IS NOT NULL",
    ),
    _book_trigger("DELETE", "OLD.user_id IS NOT NULL"),
]
