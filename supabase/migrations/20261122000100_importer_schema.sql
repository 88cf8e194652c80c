-- Two schemas: `public` holds what clients touch, `importer` everything else. The Data API exposes
-- the first only.
create schema importer;

comment on schema importer is
'What import-jobs keeps to itself: leases, the chunk ledger, settings and the functions of the processor.';

revoke all on schema importer from public;
