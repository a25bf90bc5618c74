// The question before a request is withdrawn, or before what it stopped is allowed again.
import { $ } from './dom.js'
import { holds } from './words.js'

/** Reports whether withdrawing the request allows again what it stopped. */
export const takesBack = request => Boolean(holds(request))

const questions = {
  withdraw: {
    title: 'Withdraw this request?', text: 'If you withdraw it, we stop working on it. You can send another request at any time.',
    yes: 'Withdraw it',
  },
  objection: {
    title: 'Take your objection back?', text: 'If you take it back, we may again use your data for what you objected to. You can object again at any time.',
    yes: 'Take it back',
  },
  restriction: {
    title: 'Lift the limit?', text: 'If you take it back, we may again use the data, and delete it when its time is over. You can ask for the limit again at any time.',
    yes: 'Take it back',
  },
  opt_out: {
    title: 'Opt in again?', text: 'You opted out of the sale and sharing of your personal information. If you take that back, you opt in again: we may then share it for advertising. You can opt out again at any time.',
    yes: 'Opt in again',
  },
}

/** The words of the question about a request. */
export const questionOf = request => takesBack(request) && Object.hasOwn(questions, request.right) ? questions[request.right] : questions.withdraw

/** Asks the question. The dialog's answer is withdraw or keep. */
export function askWithdrawal(request) {
  const { title, text, yes } = questionOf(request)
  $('sure-title').textContent = title
  $('sure-text').textContent = text
  $('sure-yes').textContent = yes
  $('sure').showModal()
}
