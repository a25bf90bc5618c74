// Package pages holds the pages of the privacy centre, with their styles and scripts.
//
// Every statement on a page comes from the policy (promise A01), and every action of a page goes through the public API. The
// scripts are in src. npm run build bundles them into dist, which this package embeds.
package pages
