import { RefusedError } from '../wire/refusal.ts';
import { type ChatRequest, type ChatTool, messageText } from './chat-request.ts';

/** A tool the answer calls. */
export interface ChosenTool {
  readonly name: string;
  readonly parameters: unknown;
  /** A named tool ends with `stop`, as at OpenAI; any other call with `tool_calls`. */
  readonly finishReason: 'stop' | 'tool_calls';
}

/**
 * The tool an answer calls: the forced one, the first one when any is required, else the one the last message
 * mentions by name, if it is the user's.
 * @throws RefusedError `invalid` when the forced tool is not among the tools.
 */
export function chooseTool(request: ChatRequest): ChosenTool | undefined {
  const tools = request.tools ?? [];
  const choice = request.tool_choice ?? 'auto';
  if (typeof choice === 'object') return forced(tools, choice.function.name);
  if (choice === 'none') return undefined;
  const tool = choice === 'required' ? tools[0] : mentioned(request, tools);
  return tool && chosen(tool, 'tool_calls');
}

function forced(tools: readonly ChatTool[], name: string): ChosenTool {
  const tool = tools.find((each) => each.function.name === name);
  if (tool !== undefined) return chosen(tool, 'stop');
  throw new RefusedError({
    kind: 'invalid',
    message: `The tool specified in \`tool_choice\` does not match any of the specified \`tools\`: ${name}`,
    param: 'tool_choice',
  });
}

function mentioned(request: ChatRequest, tools: readonly ChatTool[]): ChatTool | undefined {
  const last = request.messages.at(-1);
  if (last?.role !== 'user') return undefined;
  const text = messageText(last);
  return tools.find((tool) => text.includes(tool.function.name));
}

function chosen(tool: ChatTool, finishReason: ChosenTool['finishReason']): ChosenTool {
  return { name: tool.function.name, parameters: tool.function.parameters ?? {}, finishReason };
}
