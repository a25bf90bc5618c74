// Package periods checks that all stored data follows the policy's periods. The tests change each period in a copy of the policy, write to a
// real engine with the real stores, and check the new expiry. They fail for a kind or a figure without a case.
package periods
