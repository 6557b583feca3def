-- Library and queue under one number, batches that say which rows they hold, hosts that are looked at and drained, and
-- what hosts may ask of a provider.

-- The one clock: every statement reads the time here.
create view clock as select cast(unixepoch('subsec') * 1000 as integer) as ms;

-- The library, under a number of its own: queue, history and batches name a track by it.
create table music_library_next (
    id                integer primary key,
    platform_name     text not null,
    platform_id       text not null,
    url               text,
    og_title          text,
    og_artist         text,
    og_description    text,
    og_image_url      text,
    og_metadata       text not null default '{}',
    og_fetched_at     integer,
    shared_text       text,
    share_count       integer not null default 1,
    title             text,
    artist            text,
    album             text,
    genres            text not null default '[]',
    release_date      text,
    music_type        text check (music_type in ('song', 'album', 'playlist', 'artist')),
    confidence_score  real check (confidence_score between 0 and 1),
    origins           text not null default '{}',
    corrected_fields  text not null default '[]',
    -- While a track is being worked on, its queue row says so; the library's row is written once, when it is settled.
    processing_status text not null default 'pending'
        check (processing_status in ('pending', 'og_fetched', 'ai_processing', 'ai_completed', 'no_music', 'failed')),
    strategy          text,
    strategy_digest   text,
    model             text,
    ai_processed_at   integer,
    -- Who wrote the row last: a strategy's digest, or `operator`.
    updated_by        text,
    created_at        integer not null,
    updated_at        integer not null,
    unique (platform_name, platform_id)
);
insert into music_library_next
select rowid, platform_name, platform_id, url, og_title, og_artist, og_description, og_image_url, og_metadata,
    og_fetched_at, shared_text, share_count, title, artist, album, genres, release_date, music_type, confidence_score,
    origins, corrected_fields,
    case processing_status when 'ai_processing' then iif(og_fetched_at is null, 'pending', 'og_fetched')
        else processing_status end,
    strategy, strategy_digest, model, ai_processed_at, updated_by, created_at, updated_at
from music_library order by rowid;

create table library_change_next (
    id       integer primary key,
    track_id integer not null references music_library_next on delete cascade,
    field    text not null,
    old      text,
    new      text,
    by       text not null,
    at       integer not null
);
insert into library_change_next select c.id, l.id, c.field, c.old, c.new, c.by, c.at
from library_change c join music_library_next l using (platform_name, platform_id);

-- The queue: a row has the number of its library row.
create table music_ai_queue_next (
    id                    integer primary key references music_library_next on delete cascade,
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
    -- The claim that holds it; which place it has there is in the batch.
    batch_id              text,
    error_message         text,
    -- Whether a claim may take it.
    due                   integer generated always as (status = 'pending' and waiting_for is null and not_before is null),
    failed_at             integer generated always as (iif(status = 'failed', processed_at, null))
);
insert into music_ai_queue_next
select l.id, q.platform_name, q.platform_id, q.status, q.priority, q.queued_at, q.not_before, q.waiting_for,
    q.processing_started_at, q.processed_at, q.retry_count, q.max_batch, q.batch_id, q.error_message
from music_ai_queue q join music_library_next l using (platform_name, platform_id) order by l.id;

-- The queue rows of a batch, in the order of its tracks: a JSON array of numbers.
alter table extraction_batch add column track_ids text not null default '[]';
update extraction_batch set track_ids = (
    select json_group_array(id) from (
        select l.id from json_each(tracks) t
        left join music_library_next l
            on l.platform_name = t.value ->> 'platform_name' and l.platform_id = t.value ->> 'platform_id'
        order by t.key));

-- What a page said before it said something else: what the strategies were shown of it, should a batch that asked a model
-- be worked on again, or replayed.
create table former_page (
    id             integer primary key,
    track_id       integer not null references music_library_next on delete cascade,
    url            text,
    og_title       text,
    og_artist      text,
    og_description text,
    og_metadata    text not null,
    shared_text    text,
    -- When it said something else.
    until          integer not null
);

-- The newest former state of a page when it was claimed: later ones are what its strategies were shown.
alter table extraction_batch add column former_page integer not null default 0;

-- Where a page says something else than a batch was shown, that is a former state of it. A page only ever learned what it
-- had not said before, so that each batch finds its own.
create table shown as
select row_number() over (order by b.id, t.key) as id, b.id as batch_id, l.id as track_id, t.value ->> 'url' as url,
    t.value ->> 'og_title' as og_title, t.value ->> 'og_artist' as og_artist,
    t.value ->> 'og_description' as og_description, t.value ->> 'og_metadata' as og_metadata,
    t.value ->> 'shared_text' as shared_text, l.updated_at as until
from extraction_batch b, json_each(b.tracks) t
join music_library_next l
    on l.platform_name = t.value ->> 'platform_name' and l.platform_id = t.value ->> 'platform_id'
where t.value ->> 'url' is not l.url or t.value ->> 'og_title' is not l.og_title
    or t.value ->> 'og_artist' is not l.og_artist or t.value ->> 'og_description' is not l.og_description
    or t.value ->> 'og_metadata' is not l.og_metadata or t.value ->> 'shared_text' is not l.shared_text;
create index shown_of on shown (batch_id, id);
insert into former_page select id, track_id, url, og_title, og_artist, og_description, og_metadata, shared_text, until
from shown;
update extraction_batch set former_page = ifnull(
    (select s.id from shown s where s.batch_id < extraction_batch.id order by s.batch_id desc, s.id desc limit 1), 0);
drop table shown;

alter table extraction_batch drop column tracks;
drop index extraction_batch_leased;
create index extraction_batch_leased on extraction_batch (lease_until) where finished_at is null;

drop table music_ai_queue;
drop table library_change;
drop table music_library;
alter table music_library_next rename to music_library;
alter table library_change_next rename to library_change;
alter table music_ai_queue_next rename to music_ai_queue;

-- One entry's history, and the cascade.
create index library_change_of on library_change (track_id, id);

create trigger music_library_changed
after update of title, artist, album, genres, release_date, music_type on music_library
when old.title is not null begin
    insert into library_change (track_id, field, old, new, by, at)
    select new.id, field, former, latter, ifnull(new.updated_by, 'unknown'), new.updated_at
    from (
        select 'title' as field, old.title as former, new.title as latter
        union all select 'artist', old.artist, new.artist
        union all select 'album', old.album, new.album
        union all select 'genres', old.genres, new.genres
        union all select 'release_date', old.release_date, new.release_date
        union all select 'music_type', old.music_type, new.music_type
    )
    where former is not latter;
end;

-- What a page said when a batch was claimed.
create index former_page_of on former_page (track_id, id);

create trigger music_library_page_changed
after update of url, og_title, og_artist, og_description, og_metadata, shared_text on music_library
when old.url is not new.url or old.og_title is not new.og_title or old.og_artist is not new.og_artist
    or old.og_description is not new.og_description or old.og_metadata is not new.og_metadata
    or old.shared_text is not new.shared_text begin
    insert into former_page (track_id, url, og_title, og_artist, og_description, og_metadata, shared_text, until)
    values (old.id, old.url, old.og_title, old.og_artist, old.og_description, old.og_metadata, old.shared_text,
        new.updated_at);
end;

-- The claim: due rows by priority, then age, then order of arrival. The claim's share by age alone reads its eleven
-- priorities one after the other.
create index music_ai_queue_due on music_ai_queue (priority desc, queued_at) where due;
-- Rows whose backoff has ended return to the claim's index.
create index music_ai_queue_backoff on music_ai_queue (not_before) where not_before is not null;
-- Rows whose cause of waiting has ended.
create index music_ai_queue_waiting on music_ai_queue (waiting_for) where waiting_for is not null;
-- `GET /api/music-ai/failed`, newest first.
create index music_ai_queue_failed on music_ai_queue (failed_at) where failed_at is not null;

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

-- A batch's prompts whose answer nobody wrote down (yet).
create index model_call_unanswered on model_call (batch_id) where answered_at is null;
-- What is set aside for a call until it is answered, in millionths of a dollar.
alter table model_call add column reserved_micros integer not null default 0;
-- When its batch was taken from its host, and it had no answer: it is asked again, and possibly paid twice.
alter table model_call add column lost_at integer;
update model_call set lost_at = (select finished_at from extraction_batch b where b.id = batch_id and b.state = 'lost')
where answered_at is null;
-- Calls that were possibly paid twice: counted.
create index model_call_lost on model_call (id) where lost_at is not null;

alter table host add column name text not null default '';
-- Batches in flight when it was last seen.
alter table host add column in_flight integer not null default 0;
-- Since when it takes no new batches: an operator's wish.
alter table host add column draining_at integer;
-- When it said goodbye.
alter table host add column stopped_at integer;

-- What the hosts together may ask of a provider, and have.
create table provider_budget (
    provider        text primary key,
    -- Nobody asks it before this: it said so to one of the hosts.
    blocked_until   integer,
    blocked_reason  text,
    -- The bucket of requests: how many may be sent now, and as of when.
    requests        real not null,
    requests_at     integer not null,
    -- Millionths of a dollar: set aside for calls under way, spent on the day, and spent in all.
    reserved_micros integer not null default 0,
    today_micros    integer not null default 0,
    total_micros    integer not null default 0,
    -- The UTC day that was spent on, in days since 1970.
    day             integer not null
);

-- What prompts of one kind have in common, kept once: the system text and the schema of the reply. A call that names a
-- frame has the rest of its prompt in `prompt`; one from before has all of it there.
create table prompt_frame (
    digest          text primary key,
    system          text not null,
    response_schema text
);
alter table model_call add column frame text;

-- Files are handled in a host's folder. This database has one host, and its folder has no name.
create table plugin_file_next (
    folder    text not null,
    file      text not null,
    digest    text not null,
    component text,
    name      text,
    former    text,
    primary key (folder, file)
);
insert into plugin_file_next select '', file, digest, component, name, former from plugin_file;
drop table plugin_file;
alter table plugin_file_next rename to plugin_file;
