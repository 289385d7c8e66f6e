"""What the tables of markets alone can't say."""

COMPARABLE_POSTAL_CODE = """
CREATE OR REPLACE FUNCTION comparable_postal_code(code text, country_code text) RETURNS text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
-- A text that sorts as the code does among those of its country; null for what is no code there.
DECLARE
    tidy text := upper(trim(code));
    parts text[];
BEGIN
    IF country_code IN ('GB', 'IM', 'GG', 'JE') THEN
        -- By area, then by the district's number (BH9 comes before BH20), its letter, and what is inward.
        parts := regexp_match(tidy, '^([A-Z]{1,2})([0-9]{1,4})([A-Z]?) ?([0-9][A-Z]{2})$');
        RETURN rpad(parts[1], 2) || lpad(parts[2], 4, '0') || rpad(parts[3], 1) || parts[4];
    ELSIF country_code = 'IE' THEN
        parts := regexp_match(tidy, '^([0-9A-Z]{3}) ?([0-9A-Z]{4})$');
        RETURN parts[1] || parts[2];
    END IF;
    RETURN nullif(tidy, '');
END
$$
"""

SERVES_POSTAL_CODE = """
CREATE OR REPLACE FUNCTION serves_postal_code(method bigint, code text, country_code text) RETURNS boolean
LANGUAGE plpgsql STABLE PARALLEL SAFE AS $$
-- Whether the rules of a way to ship let it travel to a postal code of a country. Without rules they do.
DECLARE
    wanted text COLLATE "C" := comparable_postal_code(code, country_code);
    includes boolean;
    excludes boolean;
    found boolean;
BEGIN
    SELECT bool_or(r.inclusion = 'INCLUDE'), bool_or(r.inclusion = 'EXCLUDE'), bool_or(coalesce(
        comparable_postal_code(r.start, country_code) COLLATE "C" <= wanted
        AND (r."end" IS NULL OR wanted <= comparable_postal_code(r."end", country_code) COLLATE "C"), false))
    INTO includes, excludes, found
    FROM shipping_method_postal_code_rule r WHERE r.method_id = method;
    RETURN CASE
        WHEN includes IS NULL THEN true
        WHEN includes AND excludes THEN false
        WHEN includes THEN found
        ELSE NOT found
    END;
END
$$
"""

STATEMENTS = [COMPARABLE_POSTAL_CODE, SERVES_POSTAL_CODE]
"""Run once all tables are there: by the migration, and where tests make the tables themselves."""
