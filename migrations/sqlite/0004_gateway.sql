-- Providers' batches, tokens a minute, and what models were used for.

-- Batches whose questions are with a provider's batch have no lease; once answers are there any host takes them up.
create table extraction_batch_next (
    id                text primary key,
    -- The first claim of this work; a batch that is taken over keeps its predecessor's.
    root_id           text not null,
    host_id           text not null,
    state             text not null check (state in ('leased', 'submitted', 'answered', 'settled', 'released', 'lost')),
    lease_until       integer not null,
    size              integer not null,
    pipeline_revision integer not null,
    succeeded         integer not null default 0,
    failed            integer not null default 0,
    cost_micros       integer not null default 0,
    created_at        integer not null,
    finished_at       integer,
    -- The queue rows it holds, in the order of its tracks: a JSON array of numbers.
    track_ids         text not null default '[]',
    -- The newest former state of a page when it was claimed: later ones are what its strategies were shown.
    former_page       integer not null default 0
);
insert into extraction_batch_next
select id, root_id, host_id, state, lease_until, size, pipeline_revision, succeeded, failed, cost_micros, created_at,
    finished_at, track_ids, former_page
from extraction_batch order by rowid;
drop table extraction_batch;
alter table extraction_batch_next rename to extraction_batch;
-- The reaper and recovery: leases by their end, and what is answered before all of them.
create index extraction_batch_leased on extraction_batch (lease_until)
    where finished_at is null and state <> 'submitted';
-- What waits for a provider's batch.
create index extraction_batch_submitted on extraction_batch (root_id) where state = 'submitted';

alter table model_call add column tokens_written integer;
-- How often it was sent again for its answer.
alter table model_call add column retries integer not null default 0;
-- The provider's batch it is in; empty while it waits for one; none when it was asked by itself.
alter table model_call add column provider_batch text;
-- How many provider's batches left it unanswered.
alter table model_call add column left_over integer not null default 0;
-- What a provider's batch holds, and what waits for one.
create index model_call_in_batch on model_call (provider_batch, id) where provider_batch is not null;
-- A batch's questions that went out this way.
create index model_call_with_provider on model_call (root_id) where provider_batch is not null;
-- What waits for a provider's batch, by whom it is for.
create index model_call_parked on model_call (provider, model, sent_at) where provider_batch = '' and answered_at is null;

-- A batch at a provider. Written before it is submitted: what is submitted is never forgotten.
create table provider_batch (
    -- What its requests' names begin with, so that it is recognised at the provider.
    id              text primary key,
    provider        text not null,
    model           text not null,
    requests        integer not null,
    state           text not null check (state in ('intended', 'submitted', 'ended')),
    -- The provider's name for it, once that is known.
    provider_id     text,
    intended_at     integer not null,
    -- When it was last about to be submitted.
    attempted_at    integer,
    submitted_at    integer,
    expires_at      integer,
    ended_at        integer,
    -- Who looks after it, until when at most, and when it is looked at next.
    host_id         text not null,
    held_until      integer not null,
    look_at         integer not null,
    looks           integer not null default 0,
    answered        integer not null default 0,
    unanswered      integer not null default 0,
    -- What it may cost at most, in millionths of a dollar; nothing where the price is not known.
    estimate_micros integer
);
create index provider_batch_open on provider_batch (look_at) where state <> 'ended';

-- Buckets of model tokens, beside the one of requests.
alter table provider_budget add column tokens_in real not null default 1000000000000;
alter table provider_budget add column tokens_out real not null default 1000000000000;

-- What models were used for, by day: kept when the journal is pruned. Written with each answer.
create table model_use (
    -- A UTC day, in days since 1970.
    day            integer not null,
    provider       text not null,
    model          text not null,
    strategy       text not null,
    -- Written by few connections on PostgreSQL; always 0 here.
    shard          integer not null default 0,
    calls          integer not null,
    -- Of them, those without an answer, those that were answered in a provider's batch, those that were declined, and those
    -- that were cut.
    failed         integer not null,
    batched        integer not null,
    refused        integer not null,
    truncated      integer not null,
    -- Answers of models whose price was not known.
    unpriced       integer not null,
    retries        integer not null,
    tokens_in      integer not null,
    tokens_cached  integer not null,
    tokens_written integer not null,
    tokens_out     integer not null,
    cost_micros    integer not null,
    latency_ms     integer not null,
    primary key (day, provider, model, strategy, shard)
) without rowid;
insert into model_use
select answered_at / 86400000, provider, model, strategy, 0, count(*), sum(error is not null), 0,
    sum(ifnull(stop = 'refused', 0)), sum(ifnull(stop = 'truncated', 0)), sum(error is null and cost_micros is null), 0,
    sum(ifnull(tokens_in, 0)), sum(ifnull(tokens_cached, 0)), 0, sum(ifnull(tokens_out, 0)), sum(ifnull(cost_micros, 0)),
    sum(ifnull(latency_ms, 0))
from model_call where answered_at is not null group by 1, 2, 3, 4;
