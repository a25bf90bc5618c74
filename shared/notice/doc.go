// Package notice tells people about a change of the policy (promises K02, D05).
//
// A published version whose kind is significant or business_transfer starts one [Campaign] by itself. The runner finds its recipients in the
// index of people, mails them in calls of up to fifty, and records for each of them what became of the mail. Staff see and stop campaigns
// through [Control]:
//
//	Control.List(ctx) ([]Overview, error)                  every campaign, the newest first
//	Control.Find(ctx, version) (Overview, error)           one campaign; fault.NotFound
//	Control.Show(ctx, version) (Shown, error)              the same, with exact counts by what became of the notice
//	Control.Do(ctx, act, version, by) (Overview, error)    Pause, Resume, Cancel, Retry; fault.NotFound, fault.Conflict; audited
//
// The store behind it is package dynamo/notices: notices.Store{Client, Table, Ledger, Now} is the Register and the Partition of a Control.
package notice
