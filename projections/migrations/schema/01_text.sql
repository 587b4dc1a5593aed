-- Russian text as people look for it and as it is ordered: PostgreSQL has no Russian collation here.
-- Columns are made of both, so neither may change without them.
CREATE SCHEMA staff;

-- How people write and how the register does: case, ё, and Latin letters that look like Russian
-- ones are alike; what has no width is left out.
CREATE FUNCTION staff.folded(given text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT translate(lower(normalize(given, NFKC) COLLATE pg_c_utf8),
                     U&'ёabcehkmoptxy\200B\200C\200D\2060\FEFF\00AD', 'еавсенкмортху')
$$;

-- The order of Russian titles under «C»: numbers by value, no regard to case, ё right after е.
CREATE FUNCTION staff.sort_key(given text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT regexp_replace(
               regexp_replace(replace(lower(given COLLATE pg_c_utf8), 'ё', U&'е\FFFF'),
                              '([0-9]+)', '000000000000000000\1', 'g'),
               '[0-9]*([0-9]{18})(?![0-9])', '\1', 'g') COLLATE "C"
$$;
