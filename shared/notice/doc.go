// Package notice tells people about a change of the policy (promises K02, D05).
package notice
