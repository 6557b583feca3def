-- Providers' batches, tokens a minute, and what models were used for.

-- Batches whose questions are with a provider's batch have no lease; once answers are there any host takes them up.
alter table extraction_batch drop constraint extraction_batch_state_check;
alter table extraction_batch add constraint extraction_batch_state_check
    check (state in ('leased', 'submitted', 'answered', 'settled', 'released', 'lost')) not valid;
-- The reaper and recovery: leases by their end, and what is answered before all of them.
drop index extraction_batch_leased;
create index extraction_batch_leased on extraction_batch (lease_until)
    where finished_at is null and state <> 'submitted';
-- What waits for a provider's batch.
create index extraction_batch_submitted on extraction_batch (root_id) where state = 'submitted';

alter table model_call add column tokens_written bigint;
-- How often it was sent again for its answer.
alter table model_call add column retries bigint not null default 0;
-- The provider's batch it is in; empty while it waits for one; none when it was asked by itself.
alter table model_call add column provider_batch text;
-- How many provider's batches left it unanswered.
alter table model_call add column left_over bigint not null default 0;
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
    requests        bigint not null,
    state           text not null check (state in ('intended', 'submitted', 'ended')),
    -- The provider's name for it, once that is known.
    provider_id     text,
    intended_at     bigint not null,
    -- When it was last about to be submitted.
    attempted_at    bigint,
    submitted_at    bigint,
    expires_at      bigint,
    ended_at        bigint,
    -- Who looks after it, until when at most, and when it is looked at next.
    host_id         text not null,
    held_until      bigint not null,
    look_at         bigint not null,
    looks           bigint not null default 0,
    answered        bigint not null default 0,
    unanswered      bigint not null default 0,
    -- What it may cost at most, in millionths of a dollar; nothing where the price is not known.
    estimate_micros bigint
);
create index provider_batch_open on provider_batch (look_at) where state <> 'ended';

-- Buckets of model tokens, beside the one of requests.
alter table provider_budget add column tokens_in double precision not null default 1000000000000;
alter table provider_budget add column tokens_out double precision not null default 1000000000000;

-- What models were used for, by day: kept when the journal is pruned. Written with each answer, a shard by few
-- connections, so that they hardly wait for one another.
create table model_use (
    -- A UTC day, in days since 1970.
    day            bigint not null,
    provider       text not null,
    model          text not null,
    strategy       text not null,
    shard          bigint not null default 0,
    calls          bigint not null,
    -- Of them, those without an answer, those that were answered in a provider's batch, those that were declined, and those
    -- that were cut.
    failed         bigint not null,
    batched        bigint not null,
    refused        bigint not null,
    truncated      bigint not null,
    -- Answers of models whose price was not known.
    unpriced       bigint not null,
    retries        bigint not null,
    tokens_in      bigint not null,
    tokens_cached  bigint not null,
    tokens_written bigint not null,
    tokens_out     bigint not null,
    cost_micros    bigint not null,
    latency_ms     bigint not null,
    primary key (day, provider, model, strategy, shard)
) with (fillfactor = 20, autovacuum_vacuum_threshold = 1000, autovacuum_vacuum_scale_factor = 0);
insert into model_use
select answered_at / 86400000, provider, model, strategy, 0, count(*), count(*) filter (where error is not null), 0,
    count(*) filter (where stop = 'refused'), count(*) filter (where stop = 'truncated'),
    count(*) filter (where error is null and cost_micros is null), 0, coalesce(sum(tokens_in), 0),
    coalesce(sum(tokens_cached), 0), 0, coalesce(sum(tokens_out), 0), coalesce(sum(cost_micros), 0),
    coalesce(sum(latency_ms), 0)
from model_call where answered_at is not null group by 1, 2, 3, 4;
