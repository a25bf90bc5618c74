// Package periods checks that everything stored follows the policy's periods. The tests change each period in a copy of the policy
// and check that what the real stores write on a real engine then ends at another time. A kind or a figure without a test case fails them.
package periods
