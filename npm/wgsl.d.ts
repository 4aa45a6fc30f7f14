/** What an import of a shader gives. */
declare module "*.wgsl" {
  const text: string;
  export default text;
}
