-- The right to write, held in the database itself.
--
-- The lease's generation and expiry are kept in two sequences, because a sequence is read
-- and written outside of snapshots: a transaction at any isolation level, however old, sees
-- its value of this very moment. Both are WAL-logged and so reach the standbys.
--
--   caisson.generation   the generation that holds the lease
--   caisson.expiry       microseconds since the epoch by this server's clock; 1 = sealed
--
-- Writers share an advisory lock until their transaction ends; whoever seals or grants takes
-- it alone, and so waits for running writes and lets no write slip between check and seal.

CREATE SCHEMA IF NOT EXISTS caisson;
REVOKE ALL ON SCHEMA caisson FROM PUBLIC;

CREATE SEQUENCE IF NOT EXISTS caisson.generation MINVALUE 0 START 0;
CREATE SEQUENCE IF NOT EXISTS caisson.expiry MINVALUE 1 START 1;

CREATE OR REPLACE FUNCTION caisson.now_us() RETURNS bigint
LANGUAGE sql VOLATILE AS
$$ SELECT (extract(epoch FROM pg_catalog.clock_timestamp()) * 1000000)::bigint $$;

CREATE OR REPLACE VIEW caisson.lease AS
SELECT g.last_value AS generation,
       pg_catalog.to_timestamp(e.last_value / 1000000.0) AS expires_at,
       e.last_value = 1 AS sealed,
       e.last_value > caisson.now_us() AS valid
  FROM caisson.generation g, caisson.expiry e;

-- Lengthen the lease of `holder` to `until_us` (an absolute time: a renewal that was delayed
-- on its way, or inside a frozen server, lengthens nothing). An expired lease is never
-- renewed, only granted anew. Returns whether the lease is valid, and the server's clock.
CREATE OR REPLACE FUNCTION caisson.renew(holder bigint, until_us bigint,
                                         OUT valid boolean, OUT clock_us bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7241970, 1);
  valid := (SELECT last_value FROM caisson.generation) = holder
       AND (SELECT last_value FROM caisson.expiry) > caisson.now_us();
  IF valid THEN
    PERFORM setval('caisson.expiry', greatest(until_us, (SELECT last_value FROM caisson.expiry)));
  END IF;
  clock_us := caisson.now_us();
END
$$;

-- Give the lease to a newer generation (or again to the one that holds it) for `ttl_us`.
CREATE OR REPLACE FUNCTION caisson.grant_lease(holder bigint, ttl_us bigint) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
BEGIN
  PERFORM pg_advisory_xact_lock(7241970, 1);
  IF holder < (SELECT last_value FROM caisson.generation) THEN
    RAISE EXCEPTION 'generation % is older than %, which holds the lease', holder,
      (SELECT last_value FROM caisson.generation) USING ERRCODE = 'CS002';
  END IF;
  PERFORM setval('caisson.generation', holder);
  PERFORM setval('caisson.expiry', caisson.now_us() + ttl_us);
  RETURN caisson.now_us();
END
$$;

-- End the lease now: running writes end first, later ones are refused until the next grant.
CREATE OR REPLACE FUNCTION caisson.seal() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
BEGIN
  PERFORM pg_advisory_xact_lock(7241970, 1);
  PERFORM setval('caisson.expiry', 1);
END
$$;

CREATE OR REPLACE FUNCTION caisson.require_lease() RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
BEGIN
  IF (SELECT last_value FROM caisson.expiry) <= caisson.now_us() THEN
    RAISE EXCEPTION 'fenced: generation % does not hold a valid lease here',
      (SELECT last_value FROM caisson.generation)
      USING ERRCODE = 'CS001', HINT = 'another server may hold the right to write by now';
  END IF;
END
$$;

-- Before each statement. Setting the commit check to DEFERRED again undoes an earlier
-- SET CONSTRAINTS ... IMMEDIATE, which would have drawn the check forward from the commit.
CREATE OR REPLACE FUNCTION caisson.guard_statement() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(7241970, 1);
  PERFORM caisson.require_lease();
  EXECUTE format('SET CONSTRAINTS %I.caisson_commit DEFERRED', TG_TABLE_SCHEMA);
  RETURN NULL;
END
$$;

-- At commit. A transaction that was suspended with its server ends here. Whoever draws the
-- check forward after the statement (directly, or from inside a function) is refused.
-- A commit that would not wait for the disk or the standby is made to wait.
CREATE OR REPLACE FUNCTION caisson.guard_commit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS
$$
DECLARE
  frames text;
BEGIN
  GET DIAGNOSTICS frames = PG_CONTEXT;
  IF position(E'\n' IN frames) > 0
     OR current_query() ~* '\mset(\s|/\*.*?\*/|--[^\n]*\n)+constraints' THEN
    RAISE EXCEPTION 'fenced: the write lease is checked at commit, not before'
      USING ERRCODE = 'CS001';
  END IF;
  PERFORM caisson.require_lease();
  IF current_setting('synchronous_commit') NOT IN ('on', 'remote_apply') THEN
    PERFORM set_config('synchronous_commit', 'on', true);
  END IF;
  RETURN NULL;
END
$$;

-- Put both guards on a table. Triggers fire in the order of their names: `!` is first.
CREATE OR REPLACE FUNCTION caisson.guard(guarded regclass) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog AS
$$
BEGIN
  IF EXISTS (SELECT FROM pg_trigger WHERE tgrelid = guarded AND tgname = 'caisson_commit') THEN
    RETURN;
  END IF;
  EXECUTE format('CREATE TRIGGER "!caisson_statement" BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE'
                 ' ON %s FOR EACH STATEMENT EXECUTE FUNCTION caisson.guard_statement()', guarded);
  EXECUTE format('CREATE CONSTRAINT TRIGGER caisson_commit AFTER INSERT OR UPDATE OR DELETE'
                 ' ON %s DEFERRABLE INITIALLY DEFERRED'
                 ' FOR EACH ROW EXECUTE FUNCTION caisson.guard_commit()', guarded);
END
$$;

-- Ways to keep data that no table trigger sees are closed to everyone but the owner.
DO
$$
DECLARE
  f regprocedure;
BEGIN
  FOR f IN SELECT p.oid::regprocedure FROM pg_catalog.pg_proc p
           WHERE p.pronamespace = 'pg_catalog'::regnamespace
             AND p.proname ~ '^(lo_|lo(read|write)|be_lo)' LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', f);
  END LOOP;
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;
REVOKE EXECUTE ON ALL FUNCTIONS IN SCHEMA caisson FROM PUBLIC;
