// Package bundle builds the sealed bundle that answers a request for access or portability (GDPR Art. 15, 20; promises H01, H05).
//
// Write makes one ZIP as a stream, in one pass over the records:
//
//	data/<category>.json   the records, their data byte for byte as stored
//	data/<category>.csv    the same in columns, safe to open in a spreadsheet
//	consents.json          the consent records, each with its signed receipt
//	requests.json          every rights request that came by the address; in an answer to access only
//	subject.json           the addresses, the state on record and the unconfirmed consents; in an answer to access only
//	processing.json        what GDPR Art. 15(1) and (2) ask for; in an answer to access only
//	index.html             everything for a person to read without a program: summary, counts, the newest records
//	manifest.json          size and SHA-256 of every other file, and the titles, words and order for showing the bundle to a reader
//
// Seal encrypts what is written to it. The key is a fresh identity, which is stored nowhere.
//
// Some content is known early but comes late in the archive. It waits in temporary files that are unlinked as soon as they are
// open. So a killed attempt leaves nothing behind, and the memory used does not grow with the number of records.
package bundle
