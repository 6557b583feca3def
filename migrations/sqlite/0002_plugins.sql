-- Plugins: their bytes, what is tried beside the active ones, and what an operator would want to know.

-- A component. Kept for ever: a revision of the pipeline names it.
create table plugin (
    digest        text primary key,
    name          text not null,
    version       text not null,
    contract      text not null,
    summary       text not null,
    asks_model    integer not null,
    size          integer not null,
    bytes         blob not null,
    first_seen_at integer not null
);

-- A revision that a rollback from this one returns to.
alter table pipeline add column parent integer;
-- Why, in the operator's words, or what the strategy did.
alter table pipeline add column reason text;
-- When its strategies had passed their probation.
alter table pipeline add column proven_at integer;

-- A file in the plugins folder that was handled: the same file is not handled again after a restart or a rollback.
create table plugin_file (
    file      text primary key,
    -- Of the file with its configuration.
    digest    text not null,
    -- The component that it became, and its strategy's name; null while it was never admitted.
    component text,
    name      text,
    -- What was active under the name before the file came: an entry as JSON; null when nothing was.
    former    text
);

-- What a candidate and the active strategies made of the same track.
create table shadow_outcome (
    id            integer primary key,
    digest        text not null,
    batch_id      text not null,
    platform_name text not null,
    platform_id   text not null,
    -- The candidate's outcome, and the active ones', as JSON.
    candidate     text not null,
    active        text not null,
    -- What the candidate's own questions about its batch cost, on the batch's first track, in millionths of a dollar.
    cost_micros   integer not null,
    -- The candidate's time, a share of its batch's.
    time_us       integer not null,
    at            integer not null
);

-- One candidate's comparison, newest first.
create index shadow_outcome_of on shadow_outcome (digest, id);

-- Something an operator would want to know.
create table event (
    id      integer primary key,
    at      integer not null,
    kind    text not null,
    subject text not null,
    text    text not null
);

-- `waiting_for` learns a cause: a strategy that is left alone for a while. SQLite changes a check only with its table.
create table music_ai_queue_next (
    platform_name         text not null,
    platform_id           text not null,
    status                text not null default 'pending' check (status in ('pending', 'processing', 'completed', 'failed')),
    priority              integer not null default 0 check (priority between 0 and 10),
    queued_at             integer not null,
    not_before            integer,
    waiting_for           text check (waiting_for in ('page', 'provider', 'budget', 'strategy')),
    processing_started_at integer,
    processed_at          integer,
    retry_count           integer not null default 0,
    max_batch             integer not null default 100 check (max_batch between 1 and 100),
    batch_id              text,
    -- Its position in the batch.
    batch_index           integer,
    error_message         text,
    primary key (platform_name, platform_id),
    foreign key (platform_name, platform_id) references music_library on delete cascade
);
insert into music_ai_queue_next select platform_name, platform_id, status, priority, queued_at, not_before, waiting_for,
    processing_started_at, processed_at, retry_count, max_batch, batch_id, batch_index, error_message from music_ai_queue;
drop table music_ai_queue;
alter table music_ai_queue_next rename to music_ai_queue;

create index music_ai_queue_due on music_ai_queue (priority desc, queued_at)
    where status = 'pending' and waiting_for is null and not_before is null;
create index music_ai_queue_oldest on music_ai_queue (queued_at)
    where status = 'pending' and waiting_for is null and not_before is null;
create index music_ai_queue_backoff on music_ai_queue (not_before) where status = 'pending' and not_before is not null;
create index music_ai_queue_waiting on music_ai_queue (waiting_for) where status = 'pending' and waiting_for is not null;
create index music_ai_queue_batch on music_ai_queue (batch_id) where status = 'processing';
create index music_ai_queue_failed on music_ai_queue (processed_at) where status = 'failed';

create trigger music_ai_queue_counted_in after insert on music_ai_queue begin
    insert into queue_count values (new.status, ifnull(new.waiting_for, ''), 1)
        on conflict do update set n = n + 1;
end;

create trigger music_ai_queue_counted_out after delete on music_ai_queue begin
    update queue_count set n = n - 1 where status = old.status and waiting_for = ifnull(old.waiting_for, '');
end;

create trigger music_ai_queue_recounted after update of status, waiting_for on music_ai_queue
when old.status <> new.status or old.waiting_for is not new.waiting_for begin
    update queue_count set n = n - 1 where status = old.status and waiting_for = ifnull(old.waiting_for, '');
    insert into queue_count values (new.status, ifnull(new.waiting_for, ''), 1)
        on conflict do update set n = n + 1;
end;
