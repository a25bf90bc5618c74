// Package periods holds what is stored against the policy: the tests change each period in a copy of the policy and want what the real
// stores write on a real engine to end at another time. A kind or a figure without a case fails them.
package periods
