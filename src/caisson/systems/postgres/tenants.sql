-- The rows of some tenants are replaced while all others go on writing.
--
-- Whoever replaces them holds an advisory lock of each tenant, alone, for one transaction. Every
-- row that is written looks whether its tenant's lock could be shared, gives it back at once, and
-- is refused where it could not. Nothing is kept by the writer, so that a statement over thousands
-- of tenants collects no locks. Writers that looked before the lock was taken hold
-- `caisson.writing` until their transactions end, which is what the replacement waits for.

-- What was replaced is in the schema KEPT_shard_N; from here it is told whose, and what was done.
CREATE TABLE IF NOT EXISTS caisson.replaced (
    kept   text        NOT NULL,
    shard  integer     NOT NULL,
    tenant text        NOT NULL,
    at     timestamptz NOT NULL DEFAULT pg_catalog.clock_timestamp(),
    PRIMARY KEY (kept, shard, tenant)
);

-- The number is the word "caisson": other locks of the application have other keys.
CREATE OR REPLACE FUNCTION caisson.tenant_key(tenant text) RETURNS bigint
LANGUAGE sql IMMUTABLE AS
$$ SELECT pg_catalog.hashtextextended(tenant COLLATE "C", 27973128230760302) $$;

-- The state of a conflict between transactions, after which every client may try again.
CREATE OR REPLACE FUNCTION caisson.refuse_tenant() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog AS
$$
BEGIN
  RAISE EXCEPTION 'the rows of this tenant are being restored'
    USING ERRCODE = '40001', HINT = 'Try the transaction again.';
END
$$;

-- Have the rows of a table refused while their tenant's are replaced. A condition of a trigger is
-- evaluated with the rights of the writer, which has none in this schema: hence the key in full.
CREATE OR REPLACE FUNCTION caisson.guard_tenants(guarded regclass, tenant name) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS
$$
DECLARE
  refused text := 'CASE WHEN pg_try_advisory_lock_shared(%1$s) '
                  'THEN NOT pg_advisory_unlock_shared(%1$s) ELSE %1$s IS NOT NULL END';
  key text := 'hashtextextended(%s.%I::text COLLATE "C", 27973128230760302)';
  event text;
  condition text;
BEGIN
  IF (SELECT count(*) FROM pg_trigger WHERE tgrelid = guarded AND tgname ~ '^~caisson_tenant_'
        AND tgargs = convert_to(tenant, 'UTF8') || '\x00'::bytea) = 3 THEN
    RETURN;
  END IF;
  FOREACH event IN ARRAY ARRAY['INSERT', 'UPDATE', 'DELETE'] LOOP
    condition := CASE event
      WHEN 'INSERT' THEN format(refused, format(key, 'NEW', tenant))
      WHEN 'DELETE' THEN format(refused, format(key, 'OLD', tenant))
      ELSE format('(%s) OR (%s)', format(refused, format(key, 'OLD', tenant)),
                                  format(refused, format(key, 'NEW', tenant)))
    END;
    EXECUTE format('DROP TRIGGER IF EXISTS %I ON %s', '~caisson_tenant_' || lower(event), guarded);
    EXECUTE format('CREATE TRIGGER %I BEFORE %s ON %s FOR EACH ROW WHEN (%s)'
                   ' EXECUTE FUNCTION caisson.refuse_tenant(%L)',
                   '~caisson_tenant_' || lower(event), event, guarded, condition, tenant);
  END LOOP;
END
$$;
REVOKE ALL ON caisson.replaced FROM PUBLIC;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA caisson FROM PUBLIC;
