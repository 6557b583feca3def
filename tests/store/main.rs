//! What every store must do: one suite over both databases, on a clock that the test moves. What is said here is said of
//! the trait.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)]

mod channels;
mod claims;
mod fixture;
mod fleet;
mod library;
mod limits;
mod migrations;
mod model;
mod only_postgres;
mod only_sqlite;
mod pages;
mod recovery;
mod retention;
mod settling;
mod spending;
mod throughput;
mod webhooks;

/// Makes a test on each database of every rule. One that is forgotten is unused code, which is refused.
macro_rules! on_both {
    ($($of:ident: $($rule:ident),+;)+) => {
        mod sqlite {
            $($(
                #[tokio::test]
                async fn $rule() {
                    let fixture = crate::fixture::Fixture::new(liner_tests::Kind::Sqlite).await.unwrap();
                    crate::$of::$rule(fixture).await;
                }
            )+)+
        }
        mod postgres {
            $($(
                #[tokio::test]
                async fn $rule() {
                    if let Some(fixture) = crate::fixture::Fixture::new(liner_tests::Kind::Postgres).await {
                        crate::$of::$rule(fixture).await;
                    }
                }
            )+)+
        }
    };
}

on_both! {
    channels:
        a_channel_is_synced_by_one_at_a_time_and_by_another_when_nothing_is_heard_of_that_one,
        a_channel_that_was_synced_rests_until_its_interval_is_over_unless_someone_asks,
        every_post_is_a_share_and_a_post_that_is_known_is_none,
        a_sync_that_ends_midway_is_gone_on_with_and_counts_no_share_twice,
        posts_are_forgotten_when_they_can_be_taken_for_new_no_more,
        a_post_that_has_no_date_is_remembered_as_long_as_it_is_there,
        pages_taken_while_the_same_links_are_queued_count_every_share,
        a_page_of_very_many_links_is_taken_in_parts_and_what_is_left_of_it_is_taken_later,
        a_sync_that_is_left_is_gone_on_with_at_once;
    pages:
        a_bare_links_page_is_claimed_once_and_what_it_says_lets_the_track_go_on,
        a_site_is_asked_for_one_page_at_a_time_the_most_urgent_first,
        a_page_that_cannot_be_had_is_tried_again_and_then_leaves_its_track_with_what_is_known,
        a_page_that_was_not_settled_is_claimed_again_and_the_first_claim_settles_nothing,
        a_page_is_read_again_when_its_link_is_shared_long_after,
        pages_that_cannot_be_had_are_listed_and_wanted_again,
        no_page_is_claimed_while_the_operator_has_paused,
        pages_claimed_at_once_are_claimed_once,
        pages_that_are_given_back_are_due_at_once_and_their_claims_settle_nothing,
        how_long_a_site_is_away_is_known_until_it_answers,
        links_that_waited_before_pages_were_read_have_theirs_read,
        pages_are_settled_while_the_same_links_are_queued_again;
    claims:
        the_same_link_again_is_not_queued_twice_but_rises_in_priority,
        a_list_that_names_links_twice_queues_each_once,
        thousands_of_links_are_queued_in_their_order,
        links_of_two_senders_at_once_are_queued_once,
        a_page_that_comes_while_its_bare_link_is_being_queued_lets_the_track_go_on,
        a_claim_takes_no_more_than_asked_by_priority_and_then_age_and_no_track_twice,
        one_claim_makes_several_batches,
        claims_at_once_take_no_track_twice,
        low_priorities_do_not_starve,
        a_batch_that_fails_as_a_whole_comes_back_in_halves,
        tracks_that_failed_together_make_nobody_elses_batch_smaller,
        waiting_tracks_are_out_of_the_claims_way_and_cost_no_attempt,
        a_bare_link_waits_for_its_page_until_its_metadata_comes,
        named_tracks_are_claimed_but_for_those_that_are_being_worked_on;
    settling:
        a_settled_claim_writes_library_queue_and_counts_together,
        a_late_or_repeated_settle_changes_nothing,
        settlements_at_once_keep_to_their_own_batches,
        two_parts_of_a_batch_that_settle_at_one_moment_are_both_written,
        a_batch_settles_prompt_by_prompt,
        what_a_finished_batch_leaves_open_returns_unburnt,
        a_settlement_that_is_repeated_does_not_touch_what_it_settled,
        a_settlement_that_is_repeated_leaves_the_batchs_figures_whole,
        failed_items_are_retried_five_times_with_exponential_backoff_and_then_failed,
        a_refund_gives_the_attempt_back_up_to_an_age,
        counts_are_kept_through_every_change,
        any_text_is_stored_as_it_is,
        the_failed_are_searched_and_paged_newest_first;
    recovery:
        a_dead_hosts_batch_is_taken_over_with_its_tracks_and_its_paid_replies,
        a_batch_that_is_being_worked_on_is_not_taken_over_by_who_works_on_it,
        a_batch_that_is_taken_over_is_shown_its_pages_as_they_were,
        a_batch_whose_claim_was_never_heard_of_is_its_hosts_again_at_once_and_costs_no_attempt,
        a_host_that_was_gone_for_a_while_leaves_the_others_batches_alone,
        a_renewed_lease_is_not_taken_over,
        a_lost_batch_is_taken_over_by_one_host_alone,
        a_track_that_takes_the_host_down_each_time_fails_in_the_end,
        a_reply_answers_the_same_prompt_again_only_if_it_decided_all_or_was_never_read,
        a_late_settlement_does_not_say_what_a_reply_was_worth,
        a_question_is_journalled_once_and_what_it_shares_with_others_is_kept_once,
        calls_that_were_possibly_paid_twice_are_counted,
        calls_of_a_batch_that_ends_without_their_answers_are_counted_too;
    library:
        a_correction_stands_against_later_extractions_and_history_keeps_what_was_replaced,
        the_library_is_searched_and_paged,
        what_is_being_worked_on_says_so;
    limits:
        the_rate_is_one_for_all_hosts,
        a_provider_that_wants_to_be_left_alone_is_left_alone_by_all,
        the_longer_of_two_wishes_to_be_left_alone_counts,
        a_budget_is_set_aside_before_a_call_and_corrected_after,
        a_total_budget_counts_what_was_spent_before_it_was_set,
        what_a_lost_host_had_set_aside_is_taken_for_spent;
    spending:
        calls_are_summed_by_day_model_and_strategy_whatever_came_of_them,
        an_answer_that_is_journalled_twice_counts_once,
        what_models_were_used_for_outlives_the_journal_and_counts_for_a_budget,
        spending_is_of_all_providers;
    throughput:
        what_batches_did_is_known_by_the_minute_before_and_after_it_is_summed_up,
        two_hosts_that_sum_up_count_once_and_what_was_settled_late_is_counted_too,
        what_a_lost_batch_had_settled_counts_and_its_time_does_not,
        minutes_outlive_their_batches_and_a_week_of_them_whatever_the_age_is;
    fleet:
        the_pause_is_in_the_database,
        hosts_are_registered_seen_drained_and_gone,
        what_others_write_is_noticed,
        what_is_due_next_is_known,
        two_hosts_that_change_the_pipeline_at_once_do_not_lose_either;
    webhooks:
        a_settlement_owes_what_it_did_and_one_that_is_late_or_repeated_owes_nothing,
        a_failed_attempt_that_is_not_the_last_one_owes_nothing,
        a_track_that_takes_its_hosts_down_is_told_when_it_fails,
        that_a_budget_is_spent_is_owed_once_a_day_and_limit,
        a_message_is_claimed_by_one_at_a_time_and_settled_by_that_claim,
        an_endpoint_is_disabled_that_says_for_long_enough_that_it_is_gone,
        a_dead_receivers_messages_and_every_log_are_bounded,
        what_a_lost_claim_says_of_its_endpoint_does_not_count,
        settings_without_the_endpoint_disable_it_and_those_with_it_bring_it_back,
        what_is_sent_once_more_is_owed_from_then_on_and_the_oldest_stays_the_first,
        what_is_owed_is_counted_so_far_and_since_when_is_known;
    retention:
        what_is_older_than_its_age_is_pruned_and_what_is_younger_and_the_library_are_not,
        what_is_being_worked_on_keeps_its_replies_and_its_pages_however_old_they_are,
        what_is_queued_or_failed_stays_and_what_is_queued_keeps_its_replies,
        the_counts_are_of_what_is_in_the_queue_after_pruning_too,
        a_step_is_small_and_a_page_of_what_stays_does_not_end_the_walk,
        a_link_that_is_shared_again_after_its_place_was_pruned_is_counted_and_not_worked_on_again,
        an_entry_whose_place_was_pruned_is_queued_again_when_it_lacks_a_field_or_a_replay_knows_better,
        hosts_that_prune_at_once_are_not_in_each_others_way;
}
