-- What the event stream reads.

-- Batches that were settled lately, once a second while somebody looks on.
create index extraction_batch_settled on extraction_batch (finished_at) where state = 'settled';
