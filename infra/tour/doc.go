// Package tour takes the pictures of README's tour from a running service that holds no data yet. In one terminal
//
//	DATA=$(mktemp -d) make run
//
// and in another
//
//	TOUR=http://localhost:8080 go test -count=1 ./infra/tour
//
// It sends in one invented person's records, asks for their data as that person would, and takes a picture at each step. Without
// TOUR the tests only look at the pictures that are there.
package tour
