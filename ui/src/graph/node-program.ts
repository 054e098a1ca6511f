import { NodePointProgram } from 'sigma/rendering';
import type { NodeDisplayData } from 'sigma/types';
import { floatColor } from 'sigma/utils';
import { type Shape, shapes } from './picture.ts';

const VERTEX = `
attribute vec4 a_id;
attribute vec4 a_color;
attribute vec2 a_position;
attribute float a_size;
attribute float a_shape;
uniform float u_sizeRatio;
uniform float u_pixelRatio;
uniform mat3 u_matrix;
varying vec4 v_color;
varying float v_edge;
varying float v_shape;

void main() {
  gl_Position = vec4((u_matrix * vec3(a_position, 1)).xy, 0, 1);
  gl_PointSize = a_size / u_sizeRatio * u_pixelRatio * 2.0;
  v_edge = 3.0 / gl_PointSize;
  v_shape = a_shape;
  #ifdef PICKING_MODE
  v_color = a_id;
  #else
  v_color = a_color;
  #endif
  // Numbers of colours lose their last bit on the way.
  v_color.a *= 255.0 / 254.0;
}`;

/** The distance to the outline, negative inside; the point reaches from -1 to 1. The order is that of `shapes`. */
const FRAGMENT = `
precision mediump float;
varying vec4 v_color;
varying float v_edge;
varying float v_shape;

void main(void) {
  vec2 at = 2.0 * gl_PointCoord - 1.0;
  vec2 side = abs(at);
  float outside = length(at) - 1.0;
  if (v_shape > 3.5) outside = max(0.866 * side.x + 0.5 * side.y, side.y) - 0.86;
  else if (v_shape > 2.5) outside = max(0.866 * side.x - 0.5 * at.y, at.y) - 0.5;
  else if (v_shape > 1.5) outside = side.x + side.y - 1.0;
  else if (v_shape > 0.5) outside = max(side.x, side.y) - 0.82;
  #ifdef PICKING_MODE
  gl_FragColor = outside < 0.0 ? v_color : vec4(0.0);
  #else
  gl_FragColor = v_color * (1.0 - smoothstep(-v_edge, 0.0, outside));
  #endif
}`;

/** Draws nodes in the outline that their attribute `shape` names. */
export class ShapedNodeProgram extends NodePointProgram {
  override getDefinition(): ReturnType<NodePointProgram['getDefinition']> {
    const definition = super.getDefinition();
    const shape = { name: 'a_shape', size: 1, type: WebGLRenderingContext.FLOAT } as const;
    return {
      ...{ ...definition, VERTEX_SHADER_SOURCE: VERTEX, FRAGMENT_SHADER_SOURCE: FRAGMENT },
      ATTRIBUTES: [...definition.ATTRIBUTES, shape],
    };
  }

  override processVisibleItem(nodeIndex: number, startIndex: number, data: NodeDisplayData & { readonly shape?: Shape }): void {
    const shape = shapes.indexOf(data.shape ?? 'circle');
    this.array.set([data.x, data.y, data.size, floatColor(data.color), nodeIndex, shape], startIndex);
  }
}
