-- What batches did, minute by minute: the charts' figures, which outlive the batches.

-- A minute in which batches ended; one in which none did has no row. Written once it is over, by whichever host comes to it
-- first.
create table batch_minute (
    -- Which minute, counted since 1970.
    id          integer primary key,
    -- Batches that were settled to their end.
    batches     integer not null,
    -- Outcomes of their tracks, and of those that were settled one by one before their batch was lost.
    succeeded   integer not null,
    failed      integer not null,
    -- How long the settled batches took together, and the longest of them, from claim to settlement.
    duration_ms integer not null,
    longest_ms  integer not null,
    cost_micros integer not null
);
-- The minutes that have no row yet are read from the batches that ended in them.
create index extraction_batch_finished on extraction_batch (finished_at) where finished_at is not null;
